import * as pulumi from "@pulumi/pulumi";
import type { DomainSpec } from "../hypervisor/domain/spec";
import { ThinResource } from "./thin-resource";

/** Inputs of a domain: each property of {@link DomainSpec}, possibly not known yet. */
export type DomainArgs = { [Key in keyof DomainSpec]: pulumi.Input<DomainSpec[Key]> };

/**
 * A libvirt domain with its root overlay, seed and NVRAM: defined, never booted. Changes that libvirt can take
 * while the guest is off are made in place, others replace it; the preview names the property. Deleting removes
 * the domain from every partial state, with its snapshots and files, and never a base image.
 */
export class Domain extends ThinResource {
  /** libvirt's UUID; another one means another instance, whose snapshots are gone. */
  declare readonly uuid: pulumi.Output<string>;

  constructor(name: string, args: DomainArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "domain",
      "Domain",
      name,
      { inputs: { ...args }, outputs: ["uuid"] },
      {
        // What is made first has the name of the old one, finds it and takes it over, and goes with it.
        deleteBeforeReplace: true,
        ...opts,
        additionalSecretOutputs: ["seed", ...(opts?.additionalSecretOutputs ?? [])],
      },
    );
  }
}
