import { posix } from "node:path";
import type { WantedSnapshot } from "../../phases/lifecycle/ports";
import { layerDisk } from "../domain/layers";
import type { KnownInventory, SnapshotContext } from "./context";
import { chainOf } from "./layer-graph";
import { groundChange, groundStamps } from "./ground";
import type { FileStamp, SnapshotRecord, Strategy } from "./record";
import { currentFacts, recordedFacts } from "./resume-facts";

/** What a strategy has made. */
export interface MadeSnapshot {
  readonly id: string;
  readonly strategy: Strategy;
  /** The layer that holds the disks. */
  readonly layer: string;
  /** Its disk files. */
  readonly disks: readonly FileStamp[];
  readonly memory: FileStamp | null;
  readonly nvram: FileStamp | null;
  readonly internal: string | null;
}

/**
 * Record of a snapshot that has just been made.
 *
 * @param before what was there when the work began
 * @throws Error when something that the disks depend on was written anew since the run began: it is not known which of
 *   the two they were made from.
 */
export function describeSnapshot(
  { spec, files, disks, inventories }: SnapshotContext,
  wanted: WantedSnapshot,
  made: MadeSnapshot,
  before: KnownInventory,
): SnapshotRecord {
  const chain = chainOf(made.layer, before.layers);
  const below = chain.slice(1).flatMap((layer) =>
    disks.writable.map(({ device }): FileStamp => {
      const path = posix.relative(files.folder, layerDisk(files, layer, device));
      const now = before.files.get(path);
      if (now === undefined) throw new Error(`${path}, on which the snapshot stands, is not there`);
      return { path, size: now.size, mtime: now.mtime, sha256: null };
    }),
  );
  const changed = groundChange(groundStamps(inventories.firstGround ?? before.ground), before.ground);
  if (changed !== null)
    throw new Error(`${changed.path} was written anew while guest "${spec.owner.guest}" ran`);
  const ground = groundStamps(before.ground);
  const keepsMemory = made.memory !== null || made.internal !== null;
  return {
    formatVersion: 1,
    id: made.id,
    name: wanted.name,
    kind: wanted.kind,
    project: wanted.project,
    revision: wanted.revision,
    token: wanted.token,
    key: wanted.key,
    strategy: made.strategy,
    owner: spec.owner,
    createdAt: new Date().toISOString(),
    chain: [...chain],
    base: disks.writable.map(({ base }) => base.path),
    ...(ground.length === 0 ? {} : { ground: [...ground] }),
    pristine: before.layers.get(made.layer)?.pristine ?? false,
    disks: [...made.disks, ...below],
    memory: made.memory,
    nvram: made.nvram,
    internal: made.internal,
    resume: keepsMemory ? recordedFacts(currentFacts(before.definition ?? "", before.versions)) : null,
  };
}
