import * as pulumi from "@pulumi/pulumi";
import { type ImageDefinition, vendorList } from "../definitions/images";
import { type BaseImageFacts, CachedImage } from "../providers/cached-image";
import { NewestImage } from "../providers/newest-image";
import type { Hypervisor } from "./hypervisor";

export type { BaseImageFacts };

/** Arguments of a {@link BaseImage}. */
export interface BaseImageArgs {
  /** In whose cache it is. */
  hypervisor: Hypervisor;
  /** Where the image comes from and what is done to it; see `docs/farm-file.md`. */
  definition: ImageDefinition;
  /**
   * Whether the vendor is asked for a newer image, which is then fetched into the cache. Guests keep the one that they
   * were made from. Default: false.
   */
  update?: boolean;
  /** Whether the newest image of the cache is taken: its guests are made anew from it. Default: false. */
  adopt?: boolean;
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
    const { definition, update = false, adopt = false } = args;
    const options = { parent: this, ...args.hypervisor.secretOutputs };
    const inputs = { hypervisor: args.hypervisor.spec, definition };
    const image = new CachedImage(name, { ...inputs, update, adopt }, options);
    this.facts = image.facts;
    if (vendorList(definition) !== null) {
      const kept = image.facts.digest;
      // Not a child of this component: an image waits for all of them, because its own URN is made from this one's.
      new NewestImage(name, { ...inputs, kept, fetch: update }, { ...options, parent: image });
    }
    this.registerOutputs({ facts: this.facts });
  }
}
