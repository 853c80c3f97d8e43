import { posix } from "node:path";
import { COMMAND_LIMITS } from "../../definitions/time-limits";
import { layerFolder, newLayerId } from "../domain/layers";
import { STDIN_FILE } from "../host";
import {
  inventoryWhileOff,
  type KnownInventory,
  layerSources,
  refuseOverLastingDisks,
  type SnapshotContext,
} from "./context";
import { defineDisks, defineXml } from "./define-disks";
import { diskSources, onHostOf, rewriteDisks } from "./definition-disks";
import { assertUnchanged } from "./frozen-files";
import { restoreLive } from "./live";
import { layOver, withLayer } from "./new-layer";
import { restoreNvram } from "./nvram";
import type { SnapshotRecord } from "./record";
import { currentFacts, isExactly } from "./resume-facts";
import { diskDamage, whyCold } from "./verdict";

/** Memory is read from disk. */
const RESTORE_TIMEOUT_MS = COMMAND_LIMITS.memory;

/**
 * Puts the guest, which must be off, into the state of a snapshot, by the strategy in its record.
 * @returns `memory`: the guest is on; `cold`: it is off, with disks as they were.
 * @throws Error when that cannot be done; the guest is then off, with the disks that it had.
 */
export async function restoreSnapshot(context: SnapshotContext, name: string): Promise<"memory" | "cold"> {
  const { host, spec, inventories } = context;
  const inventory = await inventoryWhileOff(context);
  refuseOverLastingDisks(context, inventory);
  const record = inventory.records.find((candidate) => candidate.name === name);
  if (record === undefined) throw new Error(`there is no snapshot "${name}"`);
  const damage = diskDamage(record, inventory);
  if (damage !== null) throw new Error(`snapshot "${name}" cannot be restored: ${damage.reason}`);
  const current = currentFacts(inventory.definition ?? "", inventory.versions);
  const resume = whyCold(record, inventory, current) === null ? "memory" : "cold";
  inventories.forget();
  try {
    if (record.internal !== null) await restoreLive(context, record, inventory, resume);
    else inventories.keep(await restoreExternal(context, record, inventory, resume));
    return resume;
  } catch (error) {
    // Also when it was never on.
    await host.tryVirsh(["destroy", "--domain", spec.name]).catch(() => undefined);
    throw error;
  }
}

/**
 * Lays fresh overlays over the frozen disks and, with memory, resumes over them.
 * @returns what is there then.
 */
async function restoreExternal(
  context: SnapshotContext,
  record: SnapshotRecord,
  inventory: KnownInventory,
  resume: "memory" | "cold",
): Promise<KnownInventory> {
  const { host, files, spec } = context;
  const id = newLayerId();
  try {
    const sources = layerSources(context, id);
    const preparations = [
      layOver(context, record, inventory, id),
      resume === "memory" ? resumedDefinition(context, record, inventory) : Promise.resolve(null),
      restoreNvram(context, record),
    ] as const;
    // All have ended before anything is taken back.
    await Promise.allSettled(preparations);
    const [layer, saved] = await Promise.all(preparations);
    const moves = [
      // The definition moves as well: what the guest is on has to be what it would start from.
      defineDisks(context, inventory, { sources }),
      saved === null ? Promise.resolve(null) : resumeMemory(context, record, saved, sources),
    ] as const;
    await Promise.allSettled(moves);
    const [definition, running] = await Promise.all(moves);
    const after = { ...withLayer(context, inventory, layer), definition };
    return running === null ? after : { ...after, state: "on", running };
  } catch (error) {
    await host.tryVirsh(["destroy", "--domain", spec.name]).catch(() => undefined);
    await defineXml(context, inventory.definition ?? "")
      .then(() => host.files.remove(layerFolder(files, id)))
      .catch(() => undefined);
    throw error;
  }
}

function memoryFile({ files }: SnapshotContext, { memory }: SnapshotRecord): string {
  return posix.join(files.folder, memory?.path ?? "");
}

/** What the guest is resumed by: the memory file's own definition, with the host's side of today. */
async function resumedDefinition(
  context: SnapshotContext,
  record: SnapshotRecord,
  { definition, versions }: KnownInventory,
): Promise<string> {
  const file = memoryFile(context, record);
  const saved = await context.host.virsh(["save-image-dumpxml", "--security-info", "--file", file]);
  if (record.resume === null || definition === null) return saved;
  return isExactly(record.resume, currentFacts(definition, versions)) ? saved : onHostOf(saved, definition);
}

/** @returns the definition of the running guest. */
async function resumeMemory(
  context: SnapshotContext,
  record: SnapshotRecord,
  saved: string,
  sources: Readonly<Record<string, string>>,
): Promise<string> {
  const { host, spec } = context;
  // The memory file's own definition names the frozen disks: resumed by it, the guest would write into them.
  const file = memoryFile(context, record);
  await host.virsh(["restore", "--running", "--file", file, "--xml", STDIN_FILE], {
    stdin: rewriteDisks(saved, { sources }),
    timeoutMs: RESTORE_TIMEOUT_MS,
  });
  const [definition] = await Promise.all([
    host.virsh(["dumpxml", "--domain", spec.name]),
    assertUnchanged(context, record.disks),
  ]);
  const running = diskSources(definition);
  const wrong = Object.entries(sources).find(([device, path]) => running.get(device) !== path);
  if (wrong !== undefined) {
    throw new Error(
      `disk ${wrong[0]} of the resumed guest is ${running.get(wrong[0]) ?? "gone"}, not its fresh overlay`,
    );
  }
  return definition;
}
