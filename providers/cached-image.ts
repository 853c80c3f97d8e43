import * as pulumi from "@pulumi/pulumi";
import type { ImageDefinition } from "../definitions/images";
import type { HypervisorSpec } from "../hypervisor/spec";
import { thinProvider } from "./thin-provider";

/** Inputs of a cached image. */
export interface CachedImageArgs {
  hypervisor: pulumi.Input<HypervisorSpec>;
  /** Where the image comes from and what is done to it. */
  definition: pulumi.Input<ImageDefinition>;
}

/** A verified, read-only base image in the cache of a hypervisor. Deleting the resource leaves the image there. */
export class CachedImage extends pulumi.dynamic.Resource {
  /** Absolute path on the hypervisor. */
  declare readonly path: pulumi.Output<string>;
  /** sha256, hex. */
  declare readonly digest: pulumi.Output<string>;
  declare readonly format: pulumi.Output<"qcow2" | "raw">;
  /** Kernel and initrd for guests that boot without firmware. */
  declare readonly kernel: pulumi.Output<string | undefined>;
  declare readonly initrd: pulumi.Output<string | undefined>;
  declare readonly cmdline: pulumi.Output<string | undefined>;

  constructor(name: string, args: CachedImageArgs, opts?: pulumi.CustomResourceOptions) {
    const urn = pulumi.createUrn(name, "pulumi-nodejs:dynamic/guest-farm:CachedImage", opts?.parent);
    super(
      thinProvider("guest-farm/providers/handlers/cached-image"),
      name,
      {
        ...args,
        selfUrn: urn,
        path: undefined,
        digest: undefined,
        format: undefined,
        kernel: undefined,
        initrd: undefined,
        cmdline: undefined,
      },
      opts,
      "guest-farm",
      "CachedImage",
    );
  }
}
