import * as pulumi from "@pulumi/pulumi";
import type { HypervisorSpec } from "../hypervisor/spec";
import { ThinResource } from "./thin-resource";

/** Inputs of a cache entry, see {@link CacheEntry}. */
export interface CacheEntryArgs {
  hypervisor: pulumi.Input<HypervisorSpec>;
  /** libvirt name of the guest's domain. */
  domain: pulumi.Input<string>;
  /** Changes when the domain is made anew, and with it all its snapshots. */
  instance: pulumi.Input<string>;
  /** Name of the snapshot. */
  snapshot: pulumi.Input<string>;
  project: pulumi.Input<string | null>;
  revision: pulumi.Input<string | null>;
  /** Content key, sha256 hex; null: the name alone decides. */
  key: pulumi.Input<string | null>;
  /** How many init snapshots of the project a guest keeps. */
  keep: pulumi.Input<number>;
  /** Whether a run that passes leaves the snapshot behind; false: refresh does not miss it. */
  expected: pulumi.Input<boolean>;
}

/**
 * The place of one snapshot in the cache. It only looks; the lifecycle takes the snapshot and stamps it with the
 * token. When an expected snapshot is gone, refresh drops the entry, the next one gets a new token, and the lifecycle runs.
 */
export class CacheEntry extends ThinResource {
  /** What was found when the entry was made: `hit`, `miss` or `stale`. For people; an input of nothing. */
  declare readonly state: pulumi.Output<"hit" | "miss" | "stale">;
  /** Random on a miss, the snapshot's own on a hit. */
  declare readonly token: pulumi.Output<string>;

  constructor(name: string, args: CacheEntryArgs, opts?: pulumi.CustomResourceOptions) {
    super("cache-entry", "CacheEntry", name, { inputs: { ...args }, outputs: ["state", "token"] }, opts);
  }
}
