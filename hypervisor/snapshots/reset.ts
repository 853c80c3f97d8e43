import { createLayer, type LayerRecord, writeLayer } from "../domain/layers";
import { writeSeed } from "../domain/seed";
import { readDefinition } from "../domain/xml/read-definition";
import {
  currentLayer,
  inventoryOf,
  inventoryWhileOff,
  type KnownInventory,
  layerSources,
  recentInventoryOf,
  refuseOverLastingDisks,
  type SnapshotContext,
} from "./context";
import { defineDisks } from "./define-disks";

/** Gives the guest, which must be off, fresh disks over its base image, fresh firmware variables and its seed. */
export async function resetToBase(context: SnapshotContext): Promise<void> {
  const { host, spec, files, disks, inventories } = context;
  const inventory = await inventoryWhileOff(context);
  refuseOverLastingDisks(context, inventory);
  inventories.forget();
  const { id: layer } = await createLayer(host, files, { parent: null, disks: disks.writable });
  if (spec.firmware.kind === "uefi") await host.files.copy(spec.firmware.varsTemplate, files.nvram, "0600");
  if (spec.seed !== undefined) await writeSeed(host, files.seed, spec.seed);
  await defineDisks(context, inventory, {
    sources: layerSources(context, layer),
    ...(disks.seedDevice === null ? {} : { medium: { device: disks.seedDevice, file: files.seed } }),
  });
}

/** What may be done with the guest's disks as they are. */
export async function disksNow(context: SnapshotContext): Promise<"pristine" | "touched" | "unfit"> {
  const inventory = await recentInventoryOf(context);
  const record = inventory.layers.get(currentLayer(context, inventory));
  if (record?.pristine !== true) return "touched";
  return record.firstBoot === "begun" ? "unfit" : "pristine";
}

/** Records that a phase is about to touch the disks. */
export async function markTouched(context: SnapshotContext): Promise<void> {
  const { inventory, record } = await currentRecord(context);
  if (!record.pristine) return;
  const { id, parent, base } = record;
  await keepRecord(context, inventory, { id, parent, base, pristine: false });
}

/**
 * Before a boot: if it is the first one over the base image, the disks are fit for nothing until it has ended well.
 * @returns whether it is.
 */
export async function beginFirstBoot(context: SnapshotContext): Promise<boolean> {
  const { inventory, record } = await currentRecord(context);
  if (!record.pristine || record.parent !== null || record.firstBoot === "ready") return false;
  await keepRecord(context, inventory, { ...record, firstBoot: "begun" });
  return true;
}

/** After a boot: the guest has become ready. */
export async function endFirstBoot(context: SnapshotContext): Promise<void> {
  const { inventory, record } = await currentRecord(context);
  if (record.firstBoot !== "begun") return;
  const { id, parent, base, pristine } = record;
  const ready = context.spec.keepRunning === true ? ({ firstBoot: "ready" } as const) : {};
  await keepRecord(context, inventory, { id, parent, base, pristine, ...ready });
}

async function currentRecord(context: SnapshotContext) {
  const inventory = await recentInventoryOf(context);
  const layer = currentLayer(context, inventory);
  const record = inventory.layers.get(layer);
  if (record === undefined) throw new Error(`the record of layer ${layer} is missing`);
  return { inventory, record };
}

async function keepRecord(
  { host, files, inventories }: SnapshotContext,
  inventory: KnownInventory,
  record: LayerRecord,
): Promise<void> {
  await writeLayer(host, files, record);
  inventories.keep({ ...inventory, layers: new Map([...inventory.layers, [record.id, record]]) });
}

/** Ejects the seed medium and removes its file: what was secret in it stays nowhere. The drive stays. */
export async function removeSeed(context: SnapshotContext): Promise<void> {
  const { host, spec, files, disks } = context;
  const { running, definition } = await inventoryOf(context);
  context.inventories.forget();
  for (const [scope, xml] of [
    ["--live", running],
    ["--config", definition],
  ] as const) {
    const drive = xml === null ? undefined : readDefinition(xml).disks.find(({ kind }) => kind === "cdrom");
    if (drive === undefined || drive.source !== files.seed) continue;
    await host.virsh([
      "change-media",
      "--domain",
      spec.name,
      "--path",
      disks.seedDevice ?? drive.device,
      "--eject",
      "--force",
      scope,
    ]);
  }
  await host.files.remove(files.seed);
}
