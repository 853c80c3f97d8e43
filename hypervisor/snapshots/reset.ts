import { createLayer, writeLayer } from "../domain/layers";
import { writeSeed } from "../domain/seed";
import { readDefinition } from "../domain/xml/read-definition";
import {
  currentLayer,
  inventoryOf,
  inventoryWhileOff,
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

/** Whether no phase has touched the disks since they were laid fresh over the base image. */
export async function isPristine(context: SnapshotContext): Promise<boolean> {
  const inventory = await recentInventoryOf(context);
  return inventory.layers.get(currentLayer(context, inventory))?.pristine ?? false;
}

/** Records that a phase is about to touch the disks. */
export async function markTouched(context: SnapshotContext): Promise<void> {
  const { host, files, inventories } = context;
  const inventory = await recentInventoryOf(context);
  const layer = currentLayer(context, inventory);
  const record = inventory.layers.get(layer);
  if (record === undefined) throw new Error(`the record of layer ${layer} is missing`);
  if (!record.pristine) return;
  const touched = { ...record, pristine: false };
  await writeLayer(host, files, touched);
  inventories.keep({ ...inventory, layers: new Map([...inventory.layers, [layer, touched]]) });
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
