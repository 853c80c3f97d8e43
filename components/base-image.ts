import * as pulumi from "@pulumi/pulumi";
import type { ImageDefinition } from "../definitions/images";
import { CachedImage } from "../providers/cached-image";
import type { Hypervisor } from "./hypervisor";

/** Arguments of a {@link BaseImage}. */
export interface BaseImageArgs {
  /** In whose cache it is. */
  hypervisor: Hypervisor;
  /** Where the image comes from and what is done to it; see `docs/farm-file.md`. */
  definition: pulumi.Input<ImageDefinition>;
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
  readonly boot: { readonly kernel: string; readonly initrd?: string; readonly cmdline: string } | undefined;
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
      { parent: this },
    );
    this.facts = pulumi
      .all([image.path, image.digest, image.format, image.kernel, image.initrd, image.cmdline])
      .apply(([path, digest, format, kernel, initrd, cmdline]) => ({
        path,
        digest,
        format,
        boot:
          kernel === undefined
            ? undefined
            : { kernel, cmdline: cmdline ?? "", ...(initrd === undefined ? {} : { initrd }) },
      }));
    this.registerOutputs({ facts: this.facts });
  }
}
