import { posix } from "node:path";
import { createLayer, layerFolder } from "../domain/layers";
import { STDIN_FILE } from "../host";
import {
  inventoryOf,
  type KnownInventory,
  layerSources,
  requireState,
  type SnapshotContext,
} from "./context";
import { defineDisks, defineXml } from "./define-disks";
import { diskSources, rewriteDisks } from "./definition-disks";
import { assertUnchanged } from "./frozen-files";
import { restoreLive } from "./live";
import { restoreNvram } from "./nvram";
import { layerOfRecord, type SnapshotRecord } from "./record";
import { resumeFacts } from "./resume-facts";
import { diskDamage, whyCold } from "./verdict";

/** Memory is read from disk. */
const RESTORE_TIMEOUT_MS = 900_000;

/**
 * Puts the guest, which must be off, into the state of a snapshot, by the strategy in its record.
 * @returns `memory`: the guest is on; `cold`: it is off, with disks as they were.
 * @throws Error when that cannot be done; the guest is then off, with the disks that it had.
 */
export async function restoreSnapshot(context: SnapshotContext, name: string): Promise<"memory" | "cold"> {
  const inventory = await inventoryOf(context);
  requireState(context, inventory, "off");
  const record = inventory.records.find((candidate) => candidate.name === name);
  if (record === undefined) throw new Error(`there is no snapshot "${name}"`);
  const damage = diskDamage(record, inventory);
  if (damage !== null) throw new Error(`snapshot "${name}" cannot be restored: ${damage.reason}`);
  const current = resumeFacts(inventory.definition ?? "", inventory.versions);
  const resume = whyCold(record, inventory, current) === null ? "memory" : "cold";
  try {
    if (record.internal !== null) await restoreLive(context, record, inventory, resume);
    else await restoreExternal(context, record, inventory, resume);
    return resume;
  } catch (error) {
    // Also when it was never on.
    await context.host.tryVirsh(["destroy", "--domain", context.spec.name]).catch(() => undefined);
    throw error;
  }
}

/** Lays fresh overlays over the frozen disks and, with memory, resumes over them. */
async function restoreExternal(
  context: SnapshotContext,
  record: SnapshotRecord,
  inventory: KnownInventory,
  resume: "memory" | "cold",
): Promise<void> {
  const { host, files, disks } = context;
  const layer = await createLayer(host, files, { parent: layerOfRecord(record), disks: disks.writable });
  try {
    const sources = layerSources(context, layer);
    await restoreNvram(context, record);
    // The definition moves as well: what the guest is on has to be what it would start from.
    await defineDisks(context, inventory, { sources });
    if (resume === "memory") await resumeMemory(context, record, sources);
  } catch (error) {
    await host.tryVirsh(["destroy", "--domain", context.spec.name]).catch(() => undefined);
    await defineXml(context, inventory.definition ?? "")
      .then(() => host.files.remove(layerFolder(files, layer)))
      .catch(() => undefined);
    throw error;
  }
}

async function resumeMemory(
  context: SnapshotContext,
  record: SnapshotRecord,
  sources: Readonly<Record<string, string>>,
): Promise<void> {
  const { host, files, spec } = context;
  const memory = posix.join(files.folder, record.memory?.path ?? "");
  // The memory file's own definition names the frozen disks: resumed by it, the guest would write into them.
  const saved = await host.virsh(["save-image-dumpxml", "--security-info", "--file", memory]);
  await host.virsh(["restore", "--running", "--file", memory, "--xml", STDIN_FILE], {
    stdin: rewriteDisks(saved, { sources }),
    timeoutMs: RESTORE_TIMEOUT_MS,
  });
  const running = diskSources(await host.virsh(["dumpxml", "--domain", spec.name]));
  const wrong = Object.entries(sources).find(([device, file]) => running.get(device) !== file);
  if (wrong !== undefined) {
    throw new Error(
      `disk ${wrong[0]} of the resumed guest is ${running.get(wrong[0]) ?? "gone"}, not its fresh overlay`,
    );
  }
  await assertUnchanged(context, record.disks);
}
