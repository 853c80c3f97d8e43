import type * as pulumi from "@pulumi/pulumi";
import { endsWithEngine } from "../ends-with-engine";
import type { ResourceHandler } from "../resource-handler";

/** The handler of a resource that is made once, never changes, and has nothing outside the state. */
export function madeOnce(make: () => pulumi.dynamic.CreateResult): ResourceHandler {
  return endsWithEngine({
    check: (_olds, news) => Promise.resolve({ inputs: news }),
    diff: () => Promise.resolve({ changes: false }),
    create: () => Promise.resolve(make()),
    read: (id, props) => Promise.resolve({ id, props }),
    update: (_id, olds) => Promise.resolve({ outs: olds }),
    delete: () => Promise.resolve(),
  });
}
