import * as pulumi from "@pulumi/pulumi";
import type { NetworkSpec } from "../hypervisor/networks/spec";
import { ThinResource } from "./thin-resource";

/** Inputs of a network: each property of {@link NetworkSpec}, possibly not known yet. */
export type NetworkArgs = { [Key in keyof NetworkSpec]: pulumi.Input<NetworkSpec[Key]> };

/** A libvirt network of the farm: no spanning-tree delay, an address reserved for every guest that has one. */
export class Network extends ThinResource {
  declare readonly uuid: pulumi.Output<string>;
  declare readonly name: pulumi.Output<string>;

  constructor(name: string, args: NetworkArgs, opts?: pulumi.CustomResourceOptions) {
    // What is made first has the name of the old one, finds it and takes it over, and goes with it.
    super(
      "network",
      "Network",
      name,
      { inputs: { ...args }, outputs: ["uuid"] },
      { deleteBeforeReplace: true, ...opts },
    );
  }
}
