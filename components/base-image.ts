import * as pulumi from "@pulumi/pulumi";
import type { ImageDefinition } from "../definitions/images";
import { type BaseImageFacts, CachedImage } from "../providers/cached-image";
import type { Hypervisor } from "./hypervisor";

export type { BaseImageFacts };

/** Arguments of a {@link BaseImage}. */
export interface BaseImageArgs {
  /** In whose cache it is. */
  hypervisor: Hypervisor;
  /** Where the image comes from and what is done to it; see `docs/farm-file.md`. */
  definition: pulumi.Input<ImageDefinition>;
}

/**
 * A verified, read-only disk image in the cache of a hypervisor: fetched or built when it is not there. It stays in
 * the cache when the resource is deleted.
 */
export class BaseImage extends pulumi.ComponentResource {
  /** What guests need to know of it. */
  readonly facts: pulumi.Output<BaseImageFacts>;

  constructor(name: string, args: BaseImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("guest-farm:index:BaseImage", name, {}, opts);
    const image = new CachedImage(
      name,
      { hypervisor: args.hypervisor.spec, definition: args.definition },
      { parent: this, ...args.hypervisor.secretOutputs },
    );
    this.facts = image.facts;
    this.registerOutputs({ facts: this.facts });
  }
}
