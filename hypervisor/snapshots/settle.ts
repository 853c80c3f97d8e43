import { posix } from "node:path";
import { type LayerRecord, newLayerId } from "../domain/layers";
import {
  inventoryOf,
  inventoryWhileOff,
  type KnownInventory,
  layerSources,
  recentInventoryOf,
  refuseOverLastingDisks,
  type SnapshotContext,
} from "./context";
import { defineDisks } from "./define-disks";
import { expired, garbage } from "./layer-graph";
import { deleteInternal } from "./live";
import { layOver, withLayer } from "./new-layer";
import { restoreNvram } from "./nvram";
import { layerOfRecord, type SnapshotRecord } from "./record";
import { recordPath, snapshotFolder } from "./record-file";
import { diskDamage } from "./verdict";

/** Snapshots that stay. */
export interface Retention {
  /** Whose init snapshots are counted; null: nobody's. */
  readonly project: string | null;
  /** How many of them stay, the newest. */
  readonly keep: number;
}

/**
 * Lays the fresh overlay over the clean snapshot that `settle` will point the definition at; the guest may be on.
 * Until then nothing refers to it, so that who comes next removes it if this run does not get so far.
 * @returns null when there is nothing to lay it over.
 */
export async function prepareSettle(context: SnapshotContext): Promise<LayerRecord | null> {
  const inventory = await recentInventoryOf(context);
  const clean = cleanToReturnTo(inventory);
  if (clean === null) return null;
  context.inventories.forget();
  const layer = await layOver(context, clean, inventory, newLayerId());
  const { layers, entries } = withLayer(context, inventory, layer);
  context.inventories.keep({ ...inventory, layers, entries });
  return layer;
}

/**
 * After a run, guest off: forgets snapshots that are not kept, points the definition at a fresh overlay over the
 * clean snapshot, and removes what nothing refers to any more.
 *
 * @param prepared what `prepareSettle` has laid in this run
 */
export async function settle(
  context: SnapshotContext,
  retention: Retention,
  prepared: LayerRecord | null = null,
): Promise<void> {
  const inventory = await inventoryWhileOff(context);
  refuseOverLastingDisks(context, inventory);
  context.inventories.forget();
  const old = expired(inventory, retention);
  for (const record of old) await forget(context, record);
  const records = inventory.records.filter((record) => !old.includes(record));
  const after = await returnToClean(context, { ...inventory, records }, prepared);
  await removeGarbage(context, after);
}

/** Removes one snapshot. One that is not there is fine. @throws Error when another one stands on it. */
export async function deleteSnapshot(context: SnapshotContext, name: string): Promise<void> {
  const inventory = await inventoryOf(context);
  const record = inventory.records.find((candidate) => candidate.name === name);
  if (record === undefined) return;
  await forget(context, record);
  await removeGarbage(context, await inventoryOf(context));
}

/** The record goes first: half a snapshot must not look like one. */
async function forget(context: SnapshotContext, record: SnapshotRecord): Promise<void> {
  const { host, files } = context;
  await host.files.remove(recordPath(files, record.name));
  if (record.internal !== null) await deleteInternal(context, record.internal);
  await host.files.remove(snapshotFolder(files, record.id));
}

/**
 * What a run wrote is of no use when its snapshot is there: the next start is a clean one.
 * @returns what is there then.
 */
async function returnToClean(
  context: SnapshotContext,
  inventory: KnownInventory,
  prepared: LayerRecord | null,
): Promise<KnownInventory> {
  const clean = cleanToReturnTo(inventory);
  if (clean === null) return inventory;
  const isReady = prepared?.parent === layerOfRecord(clean) && inventory.layers.has(prepared.id);
  const layer = isReady ? prepared : await layOver(context, clean, inventory, newLayerId());
  await restoreNvram(context, clean);
  const definition = await defineDisks(context, inventory, { sources: layerSources(context, layer.id) });
  return { ...withLayer(context, inventory, layer), definition };
}

/** The clean snapshot, where the next start is from fresh overlays over its disks. */
function cleanToReturnTo(inventory: KnownInventory): SnapshotRecord | null {
  const clean = inventory.records.find(({ kind }) => kind === "clean");
  const usable = clean?.internal === null && diskDamage(clean, inventory) === null;
  return usable ? clean : null;
}

/** Removes layers and snapshot folders that no definition, record or layer in use refers to. */
async function removeGarbage(context: SnapshotContext, inventory: KnownInventory): Promise<void> {
  const { host, files } = context;
  await removeStrayInternal(context, inventory);
  await host.files.remove(...garbage(inventory).map((path) => posix.join(files.folder, path)));
}

/** Internal snapshots of ours whose record was replaced, or was never written. */
async function removeStrayInternal(context: SnapshotContext, inventory: KnownInventory): Promise<void> {
  const known = new Set(inventory.records.map(({ internal }) => internal));
  const stray = [...(inventory.internal ?? [])].filter(
    (name) => name.startsWith("guest-farm-") && !known.has(name),
  );
  for (const name of stray) await deleteInternal(context, name);
}
