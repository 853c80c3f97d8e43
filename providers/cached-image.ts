import * as pulumi from "@pulumi/pulumi";
import type { ImageDefinition } from "../definitions/images";
import type { HypervisorSpec } from "../hypervisor/spec";
import { resourceType } from "./resource-type";
import { ThinResource } from "./thin-resource";

/** Inputs of a cached image. */
export interface CachedImageArgs {
  hypervisor: pulumi.Input<HypervisorSpec>;
  /** Where the image comes from and what is done to it. */
  definition: pulumi.Input<ImageDefinition>;
  /** Whether the vendor is asked for a newer one when an image is fetched or adopted. Default: false. */
  update?: pulumi.Input<boolean>;
  /** Whether the newest image of the cache takes the place of the one that guests have. Default: false. */
  adopt?: pulumi.Input<boolean>;
}

/** A base image as guests need it. */
export interface BaseImageFacts {
  /** Absolute path on the hypervisor. */
  readonly path: string;
  /** sha256, hex. */
  readonly digest: string;
  /** Format of the file. */
  readonly format: "qcow2" | "raw";
  /** What guests that boot without firmware start from. */
  readonly boot?: { readonly kernel: string; readonly initrd?: string; readonly cmdline: string };
}

/** A verified, read-only base image in the cache of a hypervisor. Deleting the resource leaves the image there. */
export class CachedImage extends ThinResource {
  /** One output for all: an output that is absent, as `boot` may be, would count as unknown in every preview. */
  declare readonly facts: pulumi.Output<BaseImageFacts>;

  constructor(name: string, args: CachedImageArgs, opts?: pulumi.CustomResourceOptions) {
    const urn = pulumi.createUrn(name, resourceType("CachedImage"), opts?.parent);
    super(
      "cached-image",
      "CachedImage",
      name,
      { inputs: { ...args, selfUrn: urn }, outputs: ["facts"] },
      opts,
    );
  }
}
