import type { MapNode, SourceNode } from "./node";

/** Keys of which a map may have one: writing one in a higher layer takes the others of lower layers away. */
const EXCLUSIVE: readonly (readonly string[])[] = [
  ["url", "file", "pool", "packages"],
  ["key", "password"],
];

/**
 * Lays one definition over another: maps are merged, key by key; lists and everything else are replaced; `+key:` adds
 * its list after the one below. Two maps of different `kind` replace each other. An addition that finds no list stays
 * one, for a layer further down; `settle` ends that.
 */
export function mergeNodes(below: SourceNode, above: SourceNode): SourceNode {
  if (below.kind !== "map" || above.kind !== "map" || kindsDiffer(below, above)) return above;
  const entries = new Map(below.entries);
  dropExclusive(entries, above);
  for (const [key, value] of plainFirst(above)) {
    const before = entries.get(key);
    if (!isAddition(key, value)) {
      entries.delete(`+${key}`);
      entries.set(key, before === undefined ? value : mergeNodes(before, value));
      continue;
    }
    const list = entries.has(key.slice(1)) ? key.slice(1) : key;
    entries.set(list, concatenate(entries.get(list), value));
  }
  return { kind: "map", entries, source: above.source };
}

/** Merges layers from the weakest to the strongest. */
export function mergeAll(layers: readonly MapNode[], empty: MapNode): MapNode {
  return layers.reduce((below, above) => mergeNodes(below, above) as MapNode, empty);
}

/** A definition with nothing below it: its additions start lists of their own. */
export function settle(node: SourceNode): SourceNode {
  if (node.kind === "scalar" || !hasAdditions(node)) return node;
  if (node.kind === "list") return { ...node, items: node.items.map(settle) };
  const entries = new Map<string, SourceNode>();
  for (const [key, value] of plainFirst(node)) {
    if (!isAddition(key, value)) entries.set(key, settle(value));
    else entries.set(key.slice(1), settle(concatenate(entries.get(key.slice(1)), value)));
  }
  return { ...node, entries };
}

function isAddition(key: string, value: SourceNode): boolean {
  return key.startsWith("+") && value.kind === "list";
}

/** Entries of a map, additions last: a map may give a list and add to it. */
function plainFirst(map: MapNode): (readonly [string, SourceNode])[] {
  const entries = [...map.entries];
  return [
    ...entries.filter(([key, value]) => !isAddition(key, value)),
    ...entries.filter((entry) => isAddition(...entry)),
  ];
}

function concatenate(before: SourceNode | undefined, added: SourceNode): SourceNode {
  if (before?.kind !== "list" || added.kind !== "list") return added;
  return { kind: "list", items: [...before.items, ...added.items], source: added.source };
}

function dropExclusive(entries: Map<string, SourceNode>, above: MapNode): void {
  for (const group of EXCLUSIVE) {
    if (!group.some((key) => above.entries.has(key))) continue;
    const replaced = group.filter((key) => !above.entries.has(key) && entries.delete(key));
    if (replaced.length > 0 && group.includes("url"))
      ["checksum", "trust"].forEach((key) => entries.delete(key));
  }
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
