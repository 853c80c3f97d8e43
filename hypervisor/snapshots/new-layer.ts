import { createLayer, layerFolder, type LayerRecord } from "../domain/layers";
import { posix } from "node:path";
import type { KnownInventory, SnapshotContext } from "./context";
import { layerOfRecord, type SnapshotRecord } from "./record";

/** Makes a layer of fresh overlays over the disks of a snapshot. */
export async function layOver(
  { host, files, disks }: SnapshotContext,
  record: SnapshotRecord,
  { layers }: KnownInventory,
  id: string,
): Promise<LayerRecord> {
  const parent = layerOfRecord(record);
  const below = layers.get(parent);
  if (below === undefined) throw new Error(`the record of layer ${parent} is missing`);
  return createLayer(host, files, { id, parent, below, disks: disks.writable });
}

/** What is there when the guest, which is off, has all its disks in a new layer. */
export function withLayer(
  { files, disks }: Pick<SnapshotContext, "files" | "disks">,
  before: KnownInventory,
  layer: LayerRecord,
): KnownInventory {
  return {
    ...before,
    layers: new Map([...before.layers, [layer.id, layer]]),
    currentLayers: disks.writable.map(() => layer.id),
    entries: [...before.entries, posix.relative(files.folder, layerFolder(files, layer.id))],
  };
}
