import * as pulumi from "@pulumi/pulumi";
import * as libvirt from "@pulumi/libvirt";
import type { HostConnectionSpec, HypervisorSpec } from "../hypervisor/spec";
import { dataFolder } from "../hypervisor/data-disks";
import { deleteNothingAfterFailure } from "./failed-updates";
import { completeSpec } from "./hypervisor/complete-spec";
import { providerUri } from "./hypervisor/provider-uri";

/** Arguments of a {@link Hypervisor}. */
export interface HypervisorArgs {
  /** libvirt URI as seen on the hypervisor's host. Default: `qemu:///system`. */
  uri?: pulumi.Input<string>;
  /** How its host is reached. Default: `{ type: "local" }`. */
  connection?: pulumi.Input<HostConnectionSpec>;
  /** Absolute folder on the host for guests' disks and snapshots. Default: `/var/lib/libvirt/guest-farm/guests`. */
  diskPoolPath?: pulumi.Input<string>;
  /** Absolute folder on the host for base images. Default: `/var/lib/libvirt/guest-farm/images`. */
  imageCachePath?: pulumi.Input<string>;
  /** Whether QEMU may be let through closed folders on the way to both, by an ACL. Default: false. */
  repairAccess?: pulumi.Input<boolean>;
  /**
   * How a base image is checked before a guest is put over it: `quick` compares size, date and mode with what was put
   * into the cache, `full` hashes it as well. Default: `quick`.
   */
  checkImages?: pulumi.Input<"quick" | "full">;
  /** GiB that an image may have, packed or unpacked. Default: 512. */
  imageSizeLimit?: pulumi.Input<number>;
  /**
   * TCP ports of the host that its guests with user networking may reach (as 10.0.2.2), such as a package mirror.
   * Default: none.
   */
  hostAccess?: pulumi.Input<pulumi.Input<number>[]>;
  /** It is a guest: how it is reached is secret. Default: false. */
  isGuest?: boolean;
}

/**
 * A host with libvirt. It makes nothing by itself: what is made on it comes from the components that name it.
 *
 * @throws InputPropertyError for a path that is not absolute, or a session URI without paths, or a port that is none.
 */
export class Hypervisor extends pulumi.ComponentResource {
  /** All that is needed to reach it; secret for one that is a guest, because of the login. */
  readonly spec: pulumi.Output<HypervisorSpec>;
  /** For resources that take the specification: what of their outputs is secret. */
  readonly secretOutputs: { readonly additionalSecretOutputs?: string[] };

  /** Whether it is a guest: then its images come from the hypervisor that it lives on. */
  readonly isGuest: boolean;

  readonly #name: string;
  #provider: libvirt.Provider | undefined;
  #pool: libvirt.Pool | undefined;

  constructor(name: string, args: HypervisorArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    deleteNothingAfterFailure();
    super("guest-farm:index:Hypervisor", name, {}, opts);
    this.#name = name;
    const { isGuest = false, ...given } = args;
    this.isGuest = isGuest;
    this.secretOutputs = isGuest ? { additionalSecretOutputs: ["hypervisor"] } : {};
    this.spec = pulumi.output(given).apply((known) => completeSpec(name, known));
    this.registerOutputs({ spec: this.spec });
  }

  /**
   * The libvirt provider of this hypervisor, for resources of your own. Made at its first use, so that a farm
   * without such resources needs no provider process.
   */
  get provider(): libvirt.Provider {
    this.#provider ??= new libvirt.Provider(
      `${this.#name}-libvirt`,
      { uri: this.spec.apply(providerUri) },
      { parent: this },
    );
    return this.#provider;
  }

  /** The storage pool for data disks, in {@link dataFolder}. Made at its first use. */
  get dataPool(): libvirt.Pool {
    const stack = pulumi.getStack();
    this.#pool ??= new libvirt.Pool(
      `${this.#name}-data`,
      {
        name: `guest-farm-${stack}-data`,
        type: "dir",
        target: { path: this.spec.apply(({ diskPoolPath }) => dataFolder(diskPoolPath, stack)) },
      },
      { parent: this, provider: this.provider },
    );
    return this.#pool;
  }
}
