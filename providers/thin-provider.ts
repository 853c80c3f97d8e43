import type * as pulumi from "@pulumi/pulumi";
import type { ResourceHandler } from "./resource-handler";

/**
 * The provider object of a dynamic resource. Pulumi stores its text in the state and runs that text at every later
 * read and delete, so it only forwards to a module of the installed package: new versions of the package take over
 * old resources, and the text never differs between two checkouts.
 *
 * @param handler module that does the work, as `guest-farm/providers/handlers/domain`
 */
export function thinProvider(handler: string): pulumi.dynamic.ResourceProvider {
  /* eslint-disable @typescript-eslint/no-require-imports -- resolved from the program's folder at run time */
  return {
    check: (olds, news) => (require(handler) as ResourceHandler).check(olds, news),
    diff: (id, olds, news) => (require(handler) as ResourceHandler).diff(id, olds, news),
    create: (inputs) => (require(handler) as ResourceHandler).create(inputs),
    read: (id, props) => (require(handler) as ResourceHandler).read(id, props),
    update: (id, olds, news) => (require(handler) as ResourceHandler).update(id, olds, news),
    delete: (id, props) => (require(handler) as ResourceHandler).delete(id, props),
  };
  /* eslint-enable @typescript-eslint/no-require-imports */
}
