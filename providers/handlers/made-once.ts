import type * as pulumi from "@pulumi/pulumi";
import { endsWithEngine } from "../ends-with-engine";
import { type Properties, type ResourceHandler, withoutProvider } from "../resource-handler";

/**
 * The handler of a resource that is made once, never changes, and has nothing outside the state. Inputs that come later
 * change nothing of one that is there.
 */
export function madeOnce(make: (inputs: Properties) => pulumi.dynamic.CreateResult): ResourceHandler {
  return endsWithEngine({
    check: (_olds, news) => Promise.resolve({ inputs: news }),
    diff: () => Promise.resolve({ changes: false }),
    create: (inputs) => Promise.resolve(make(withoutProvider(inputs))),
    read: (id, props) => Promise.resolve({ id, props }),
    update: (_id, olds) => Promise.resolve({ outs: olds }),
    delete: () => Promise.resolve(),
  });
}
