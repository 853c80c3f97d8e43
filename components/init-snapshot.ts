import * as pulumi from "@pulumi/pulumi";
import type { CacheEntry } from "../providers/cache-entry";
import type { DrivenGuest } from "./guest/driven-guest";
import { snapshotEntry } from "./snapshot-entry";

/** Arguments of an {@link InitSnapshot}. */
export interface InitSnapshotArgs {
  /** The guest whose disks and memory it holds. */
  guest: DrivenGuest;
  /** Id of the project. */
  project: string;
  /** Revision of the project, part of the snapshot's name. */
  revision: string;
  /** Content key, sha256 hex; null: the name alone decides, as `cache: revision` has it. */
  key: pulumi.Input<string | null>;
  /** How many init snapshots of the project the guest keeps. Default: 3. */
  keep?: number;
  /** Whether a run that passes leaves the snapshot behind; false: refresh does not miss it. Default: true. */
  expected?: boolean;
  /** Whether the project is not the chosen one: the entry stays as it is. Default: false. */
  idle?: boolean;
}

/**
 * The place of a project's init snapshot in the cache of one guest: hit, miss or stale by name and key. It looks and
 * never drives the guest; the lifecycle makes the snapshot. Deleting it deletes no snapshot.
 */
export class InitSnapshot extends pulumi.ComponentResource {
  /** `{project}.{revision}.init` */
  readonly snapshot: string;
  /** Whether it was there when it was first looked for (`state`), and its `token`. */
  readonly entry: CacheEntry;

  constructor(name: string, args: InitSnapshotArgs, opts?: pulumi.ComponentResourceOptions) {
    super("guest-farm:index:InitSnapshot", name, {}, opts);
    this.snapshot = `${args.project}.${args.revision}.init`;
    const { guest, project, revision, key, keep = 3, expected = true, idle = false } = args;
    const { snapshot } = this;
    const entry = { guest, snapshot, project, revision, key, keep, expected, idle };
    this.entry = snapshotEntry(name, entry, this);
    this.registerOutputs({ snapshot: this.snapshot, state: this.entry.state });
  }
}
