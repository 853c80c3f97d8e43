import type { MapNode, SourceNode } from "./node";

/** Keys of which a map may have one: writing one in a higher layer takes the others of lower layers away. */
const EXCLUSIVE: readonly (readonly string[])[] = [
  ["url", "file", "pool", "packages"],
  ["key", "password"],
];

/**
 * Lays one definition over another: maps are merged, key by key; lists and everything else are replaced; `+key:` adds
 * its list after the one below (or starts one). Two maps of different `kind` replace each other.
 */
export function mergeNodes(below: SourceNode, above: SourceNode): SourceNode {
  if (below.kind !== "map" || above.kind !== "map" || kindsDiffer(below, above)) return settle(above);
  const entries = new Map(below.entries);
  for (const group of EXCLUSIVE) {
    if (!group.some((key) => above.entries.has(key))) continue;
    const replaced = group.filter((key) => !above.entries.has(key) && entries.delete(key));
    if (replaced.length > 0 && group.includes("url"))
      ["checksum", "trust"].forEach((key) => entries.delete(key));
  }
  for (const [key, value] of above.entries) {
    if (key.startsWith("+") && value.kind === "list") {
      const name = key.slice(1);
      const before = entries.get(name);
      const items = [...(before?.kind === "list" ? before.items : []), ...value.items];
      entries.set(name, { kind: "list", items, source: value.source });
    } else {
      const before = entries.get(key);
      entries.set(key, before === undefined ? settle(value) : mergeNodes(before, value));
    }
  }
  return { kind: "map", entries, source: above.source };
}

/** Merges layers from the weakest to the strongest. */
export function mergeAll(layers: readonly MapNode[], empty: MapNode): MapNode {
  return layers.reduce((below, above) => mergeNodes(below, above) as MapNode, empty);
}

/** A definition with nothing below it: its `+key:` lists start lists. */
export function settle(node: SourceNode): SourceNode {
  if (node.kind === "scalar" || !hasAdditions(node)) return node;
  if (node.kind === "list") return { ...node, items: node.items.map(settle) };
  const empty: MapNode = { kind: "map", entries: new Map(), source: node.source };
  return mergeNodes(empty, node);
}

function hasAdditions(node: SourceNode): boolean {
  if (node.kind === "scalar") return false;
  if (node.kind === "list") return node.items.some(hasAdditions);
  return [...node.entries].some(([key, value]) => key.startsWith("+") || hasAdditions(value));
}

function kindsDiffer(below: MapNode, above: MapNode): boolean {
  const kind = (map: MapNode): unknown => {
    const node = map.entries.get("kind");
    return node?.kind === "scalar" ? node.value : undefined;
  };
  return kind(above) !== undefined && kind(below) !== kind(above);
}
