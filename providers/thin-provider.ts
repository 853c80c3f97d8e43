import type * as pulumi from "@pulumi/pulumi";
import type { Properties, ResourceHandler } from "./resource-handler";

/** What a module under `handlers/` exports. */
interface HandlerModule {
  readonly handler: ResourceHandler;
}

/**
 * The provider object of a dynamic resource. Pulumi stores its text in the state and runs that text at every later
 * read and delete, so it only forwards to a module of the installed package: new versions of the package take over
 * old resources, and the text never differs between two checkouts.
 *
 * @param module module that does the work, as `guest-farm/providers/handlers/domain`
 */
export function thinProvider(module: string): pulumi.dynamic.ResourceProvider<Properties, Properties> {
  /* eslint-disable @typescript-eslint/no-require-imports -- resolved from the program's folder at run time */
  return {
    check: (olds, news) => (require(module) as HandlerModule).handler.check(olds, news),
    diff: (id, olds, news) => (require(module) as HandlerModule).handler.diff(id, olds, news),
    create: (inputs) => (require(module) as HandlerModule).handler.create(inputs),
    read: (id, props = {}) => (require(module) as HandlerModule).handler.read(id, props),
    update: (id, olds, news) => (require(module) as HandlerModule).handler.update(id, olds, news),
    delete: (id, props) => (require(module) as HandlerModule).handler.delete(id, props),
  };
  /* eslint-enable @typescript-eslint/no-require-imports */
}
