import type { Path, YamlFile } from "./yaml-file";

/** Where a value was written: a file and a path in it, or a built-in definition. */
export interface Source {
  readonly file: YamlFile | BuiltIn;
  readonly path: Path;
}

/** A definition that comes with guest-farm; it has no lines. */
export interface BuiltIn {
  readonly name: string;
  readonly builtIn: true;
}

/** A value that remembers where it was written, through merges of many files. */
export type SourceNode =
  | { readonly kind: "map"; readonly entries: ReadonlyMap<string, SourceNode>; readonly source: Source }
  | { readonly kind: "list"; readonly items: readonly SourceNode[]; readonly source: Source }
  | { readonly kind: "scalar"; readonly value: unknown; readonly source: Source };

export type MapNode = SourceNode & { readonly kind: "map" };

/** Wraps plain data that was read from `source`. */
export function nodeOf(value: unknown, source: Source): SourceNode {
  const below = (key: string | number): Source => ({ file: source.file, path: [...source.path, key] });
  if (Array.isArray(value)) {
    return { kind: "list", items: value.map((item, index) => nodeOf(item, below(index))), source };
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([key, item]) => [key, nodeOf(item, below(key))] as const);
    return { kind: "map", entries: new Map(entries), source };
  }
  return { kind: "scalar", value, source };
}

/** As `nodeOf`, for values that have to be maps; anything else becomes an empty one (the schema reports it). */
export function mapNodeOf(value: unknown, source: Source): MapNode {
  const node = nodeOf(value, source);
  return node.kind === "map" ? node : { kind: "map", entries: new Map(), source };
}

/** The plain data of a node; `leaf` may replace scalars. */
export function plainOf(
  node: SourceNode,
  leaf: (value: unknown, node: SourceNode) => unknown = same,
): unknown {
  if (node.kind === "scalar") return leaf(node.value, node);
  if (node.kind === "list") return node.items.map((item) => plainOf(item, leaf));
  return Object.fromEntries([...node.entries].map(([key, item]) => [key, plainOf(item, leaf)]));
}

function same(value: unknown): unknown {
  return value;
}

/** The entries of a map whose key passes. */
export function filterKeys(node: MapNode, keep: (key: string) => boolean): MapNode {
  return { ...node, entries: new Map([...node.entries].filter(([key]) => keep(key))) };
}

/** The node at a path, or the nearest one above it. */
export function nodeAt(node: SourceNode, path: Path): SourceNode {
  let at = node;
  for (const key of path) {
    const next =
      at.kind === "map"
        ? at.entries.get(String(key))
        : at.kind === "list"
          ? at.items[Number(key)]
          : undefined;
    if (next === undefined) return at;
    at = next;
  }
  return at;
}

export function isBuiltIn(file: YamlFile | BuiltIn): file is BuiltIn {
  return "builtIn" in file;
}

/** A node as a map: an empty one for anything else (which a schema reports). */
export function asMap(node: SourceNode): MapNode {
  return node.kind === "map" ? node : { kind: "map", entries: new Map(), source: node.source };
}

/** The maps of a list, or the one map that stands instead of a list. */
export function itemsOf(node: SourceNode | undefined): MapNode[] {
  if (node === undefined) return [];
  return node.kind === "list" ? node.items.map(asMap) : node.kind === "map" ? [node] : [];
}
