import * as pulumi from "@pulumi/pulumi";
import type { ImageDefinition } from "../definitions/images";
import type { HypervisorSpec } from "../hypervisor/spec";
import { resourceType } from "./resource-type";
import { ThinResource } from "./thin-resource";

/** Inputs of {@link NewestImage}. */
export interface NewestImageArgs {
  hypervisor: pulumi.Input<HypervisorSpec>;
  definition: pulumi.Input<ImageDefinition>;
  /** sha256 of the image that guests stand on, hex. */
  kept: pulumi.Input<string>;
  /** Whether the vendor is asked, and a newer image fetched. */
  fetch: pulumi.Input<boolean>;
}

/**
 * Watches an image whose vendor puts newer ones in its place, and fetches them into the cache. Nothing depends on it: a
 * newer image changes no guest before it is adopted.
 */
export class NewestImage extends ThinResource {
  constructor(name: string, args: NewestImageArgs, opts?: pulumi.CustomResourceOptions) {
    const urn = pulumi.createUrn(name, resourceType("NewestImage"), opts?.parent);
    super("newest-image", "NewestImage", name, { inputs: { ...args, selfUrn: urn }, outputs: [] }, opts);
  }
}
