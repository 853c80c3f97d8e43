import type { WantedSnapshot } from "../../phases/lifecycle/ports";
import { createLayer, layerDisk, layerFolder } from "../domain/layers";
import {
  currentLayer,
  inventoryOf,
  layerSources,
  newSnapshotId,
  requireState,
  type SnapshotContext,
} from "./context";
import { defineDisks } from "./define-disks";
import { describeSnapshot } from "./describe";
import { freeze } from "./frozen-files";
import { saveNvram } from "./nvram";
import { snapshotFolder, writeRecord } from "./record-file";

/** Takes a snapshot of a guest that is off: its disks are frozen, and it will go on in a new layer. */
export async function takeOverlay(context: SnapshotContext, wanted: WantedSnapshot): Promise<void> {
  const { host, files, disks } = context;
  const before = await inventoryOf(context);
  requireState(context, before, "off");
  const layer = currentLayer(context, before);
  const id = newSnapshotId();
  let next: string | null = null;
  try {
    await host.files.mkdir(files.snapshots, "0711");
    await host.files.mkdir(snapshotFolder(files, id), "0700");
    const nvram = await saveNvram(context, id);
    next = (await createLayer(host, files, { parent: layer, disks: disks.writable })).id;
    await defineDisks(context, before, { sources: layerSources(context, next) });
    const frozen = disks.writable.map(({ device }) => layerDisk(files, layer, device));
    const stamps = await freeze(context, { disks: frozen, secret: nvram === null ? [] : [nvram.path] });
    const made = {
      id,
      strategy: "overlay",
      layer,
      disks: stamps.slice(0, frozen.length),
      memory: null,
      nvram: nvram === null ? null : nvram.stamp(stamps[frozen.length]),
      internal: null,
    } as const;
    await writeRecord(host, files, describeSnapshot(context, wanted, made, before));
  } catch (error) {
    await dropTraces(context, id, next).catch(() => undefined);
    throw error;
  }
}

/** Removes what a failed attempt left, unless the guest's definition names it already. */
async function dropTraces(context: SnapshotContext, id: string, layer: string | null): Promise<void> {
  const { host, files } = context;
  const unused = layer === null || (await inventoryOf(context)).currentLayers.includes(layer) ? [] : [layer];
  await host.files.remove(snapshotFolder(files, id), ...unused.map((name) => layerFolder(files, name)));
}
