import * as pulumi from "@pulumi/pulumi";
import { CacheEntry } from "../providers/cache-entry";
import type { DrivenGuest } from "./guest/driven-guest";

/** What a cache entry is to hold. */
export interface SnapshotEntryArgs {
  readonly guest: DrivenGuest;
  readonly snapshot: string;
  readonly project: string | null;
  readonly revision: string | null;
  /** Content key; null: the name alone decides. */
  readonly key: pulumi.Input<string | null>;
  readonly keep: number;
  /** Whether a run that passes leaves the snapshot behind. */
  readonly expected: boolean;
  /** Whether the entry stays as it is, whatever changes. Default: false. */
  readonly idle?: boolean;
}

/** The cache entry of one snapshot of a guest. A guest that is made anew gets new entries. */
export function snapshotEntry(
  name: string,
  { guest, idle = false, ...args }: SnapshotEntryArgs,
  parent: pulumi.Resource,
): CacheEntry {
  const entry = {
    ...args,
    hypervisor: guest.hypervisor.spec,
    domain: guest.domain.id,
    instance: guest.domain.uuid,
  };
  return new CacheEntry(name, entry, {
    parent,
    ...guest.hypervisor.secretOutputs,
    ...(idle ? { ignoreChanges: Object.keys(entry) } : {}),
  });
}
