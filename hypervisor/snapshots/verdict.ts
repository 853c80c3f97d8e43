import type { SnapshotVerdict, WantedSnapshot } from "../../phases/lifecycle/ports";
import { groundChange } from "./ground";
import type { Inventory } from "./inventory";
import { frozenLayers } from "./layer-graph";
import { layerOfRecord, type SnapshotRecord } from "./record";
import { isExactly, resumeDifference, type CurrentFacts } from "./resume-facts";

export type { SnapshotVerdict, WantedSnapshot };

/** Judges what is there against what is wanted. Pure. @param current null: not known, memory is not used. */
export function judge(
  wanted: WantedSnapshot,
  inventory: Inventory,
  current: CurrentFacts | null,
): SnapshotVerdict {
  const record = inventory.records.find(({ name }) => name === wanted.name);
  if (record === undefined) return { state: "miss", reason: `there is no snapshot "${wanted.name}"` };
  const unfit = contentDifference(wanted, record) ?? diskDamage(record, inventory);
  if (unfit !== null) return unfit;
  const cold = whyCold(record, inventory, current);
  const made = `made ${record.createdAt}`;
  return {
    state: "hit",
    token: record.token,
    resumes: cold === null ? "memory" : "cold",
    reason: cold === null ? made : `${made}; boots, because ${cold}`,
  };
}

function contentDifference(wanted: WantedSnapshot, record: SnapshotRecord): SnapshotVerdict | null {
  const owner = ({ kind, project, revision }: Pick<WantedSnapshot, "kind" | "project" | "revision">) =>
    [kind, ...(project === null ? [] : [project]), ...(revision === null ? [] : [revision])].join(" ");
  if (owner(wanted) !== owner(record)) {
    return { state: "stale", reason: `the snapshot of this name is of ${owner(record)}` };
  }
  if (wanted.key === null || wanted.key === record.key) return null;
  const short = (key: string | null) => key?.slice(0, 12) ?? "none";
  return {
    state: "stale",
    reason: `its content key was ${short(record.key)} and is now ${short(wanted.key)}`,
  };
}

/** What keeps the disks of a snapshot from being used; null: they are as they were. */
export function diskDamage(
  record: SnapshotRecord,
  inventory: Inventory,
): { readonly state: "miss" | "stale"; readonly reason: string } | null {
  const missingBase = record.base.find((path) => inventory.bases.get(path) === false);
  if (missingBase !== undefined)
    return { state: "miss", reason: `its base image ${missingBase} is not there` };
  const changedGround = groundChange(record.ground ?? [], inventory.ground);
  if (changedGround !== null) {
    const { path, gone } = changedGround;
    return gone
      ? { state: "miss", reason: `${path}, on which it stands, is not there` }
      : { state: "stale", reason: `${path}, on which it stands, was written anew` };
  }
  const needed = [...record.disks, ...(record.nvram === null ? [] : [record.nvram])];
  const missing = needed.find(({ path }) => !inventory.files.has(path));
  if (missing !== undefined) return { state: "miss", reason: `its file ${missing.path} is not there` };
  const changed = needed.find((stamp) => differs(stamp, inventory));
  if (changed !== undefined)
    return { state: "stale", reason: `its file ${changed.path} was changed afterwards` };
  if (record.internal !== null && frozenLayers(inventory).has(layerOfRecord(record))) {
    return { state: "stale", reason: "a later snapshot has frozen the disks that it is in" };
  }
  if (record.internal !== null && inventory.internal?.has(record.internal) === false) {
    return { state: "miss", reason: `libvirt's snapshot ${record.internal} is not there` };
  }
  return null;
}

/** Why a restore would have to boot; null: the memory can be used. */
export function whyCold(
  record: SnapshotRecord,
  inventory: Inventory,
  current: CurrentFacts | null,
): string | null {
  if (record.resume === null) return "it was taken while the guest was off";
  const { memory } = record;
  if (memory !== null && !inventory.files.has(memory.path)) return "its memory file is not there";
  if (memory !== null && differs(memory, inventory)) return "its memory file was changed afterwards";
  if (current === null) return "what the hypervisor runs now is not known";
  const difference = resumeDifference(record.resume, current);
  // libvirt goes back to its own snapshot with the ports and networks of then.
  if (difference !== null || record.internal === null || isExactly(record.resume, current)) return difference;
  return "the host's side of the domain's definition changed";
}

function differs(
  stamp: { readonly path: string; readonly size: number | null; readonly mtime: string | null },
  { files }: Inventory,
): boolean {
  const now = files.get(stamp.path);
  return stamp.size !== null && (now?.size !== stamp.size || now.mtime !== stamp.mtime);
}
