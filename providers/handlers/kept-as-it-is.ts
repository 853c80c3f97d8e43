import type { Properties, ResourceHandler } from "../resource-handler";

/** The handler functions of a resource that is made once, never changes, and has nothing outside the state. */
export const keptAsItIs: Omit<ResourceHandler, "create"> = {
  check: (_olds: Properties, news: Properties) => Promise.resolve({ inputs: news }),
  diff: () => Promise.resolve({ changes: false }),
  read: (id: string, props: Properties) => Promise.resolve({ id, props }),
  update: (_id: string, olds: Properties) => Promise.resolve({ outs: olds }),
  delete: () => Promise.resolve(),
};
