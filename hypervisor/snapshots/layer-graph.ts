import type { Inventory } from "./inventory";
import { layerOfRecord, type SnapshotRecord } from "./record";

/** A layer and those under it, down to the base. @throws Error when a layer's record is missing or runs in a circle. */
export function chainOf(layer: string, layers: Inventory["layers"]): readonly string[] {
  const chain: string[] = [];
  for (let at: string | null = layer; at !== null; at = layers.get(at)?.parent ?? null) {
    if (chain.includes(at) || !layers.has(at))
      throw new Error(`the record of layer ${at} is missing or wrong`);
    chain.push(at);
  }
  return chain;
}

/** Layers that external snapshots hold: writing into one would spoil a snapshot. */
export function frozenLayers({ records }: Pick<Inventory, "records">): ReadonlySet<string> {
  return new Set(
    records.flatMap((record) => (record.internal === null ? record.chain : record.chain.slice(1))),
  );
}

/** What lies in a guest's folder and belongs to nothing. Paths are relative to that folder. */
export function garbage(inventory: Inventory): readonly string[] {
  const ids = new Set(inventory.records.map(({ id }) => id));
  const snapshots = inventory.entries
    .filter((entry) => entry.startsWith("snapshots/"))
    .filter((entry) => {
      const name = entry.slice("snapshots/".length);
      return !name.endsWith(".json") && !ids.has(name);
    });
  return [...snapshots, ...garbageLayers(inventory)];
}

/** No layer counts as garbage while it is not known what the layers in use stand on. */
function garbageLayers(inventory: Inventory): readonly string[] {
  if (inventory.unreadable.length > 0 || inventory.currentLayers.includes(null)) return [];
  const used = new Set<string>();
  try {
    for (const layer of inventory.currentLayers) {
      if (layer !== null) for (const below of chainOf(layer, inventory.layers)) used.add(below);
    }
    for (const record of inventory.records) for (const layer of record.chain) used.add(layer);
    for (const layer of [...used]) for (const below of chainOf(layer, inventory.layers)) used.add(below);
  } catch {
    return [];
  }
  return inventory.entries
    .filter((entry) => entry.startsWith("layers/"))
    .filter((entry) => !used.has(entry.slice("layers/".length)));
}

/**
 * Snapshots that go at the end of a run: checkpoints, which are of one run, and all but the newest `keep` init
 * snapshots of the project. One that the guest's disks or another snapshot stand on stays.
 */
export function expired(
  inventory: Inventory,
  retention: { readonly project: string | null; readonly keep: number },
): readonly SnapshotRecord[] {
  const checkpoints = inventory.records.filter(({ kind }) => kind === "checkpoint");
  const inits = inventory.records
    .filter(
      ({ kind, project }) => kind === "init" && retention.project !== null && project === retention.project,
    )
    .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
    .slice(Math.max(1, retention.keep));
  const old = new Set([...checkpoints, ...inits]);
  const others = inventory.records.filter((record) => !old.has(record));
  const current = inventory.currentLayers.flatMap((layer) =>
    layer === null || !inventory.layers.has(layer) ? [] : chainOf(layer, inventory.layers),
  );
  const needed = new Set([...others.flatMap(({ chain }) => chain.slice(1)), ...current]);
  // Internal snapshots are independent of each other and of what is written after them.
  const inUse = (record: SnapshotRecord) =>
    record.internal === null
      ? needed.has(layerOfRecord(record))
      : record.internal === inventory.latestInternal;
  return [...checkpoints, ...inits.filter((record) => !inUse(record))];
}
