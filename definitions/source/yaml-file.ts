import {
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
  type Scalar,
  visit,
} from "yaml";
import { UserError, type Mistake } from "../user-error";
import { conflictMistake, DEEPEST, MERGE_KEY, tagMistake, TOO_DEEP, yamlSlip } from "./yaml-slips";

export type Path = readonly (string | number)[];

/** A YAML file with the place of everything in it. */
export interface YamlFile {
  readonly name: string;
  /** Plain data; an empty file is an empty map. */
  readonly value: unknown;
  /** 1-based line and column of the value at a path, or of the nearest parent that there is. */
  positionOf(path: Path): Position;
  /** As above, of the key of a map's entry. */
  keyPositionOf(path: Path): Position;
  /** Where the character at an offset of a text value is; in folded and escaped texts, where the text starts. */
  positionInside(path: Path, offset: number): Position;
  /** The scalar as it is written, for telling `1.0` from `1`. */
  sourceOf(path: Path): string | undefined;
}

export interface Position {
  readonly line: number;
  readonly column: number;
}

/**
 * Parses YAML 1.2 (one document, anchors allowed).
 * @throws UserError with every syntax error of the file, duplicate keys included.
 */
export function parseYamlFile(name: string, text: string): YamlFile {
  const lines = new LineCounter();
  const textLines = text.split("\n");
  const conflict = conflictMistake(name, textLines);
  if (conflict !== undefined) throw new UserError(conflict);
  const document = parsed(name, text, lines);
  const mistakes = document.errors.map((error): Mistake => {
    const { line, col } = lines.linePos(error.pos[0]);
    return { file: name, line, column: col, ...yamlSlip(error, textLines[line - 1] ?? "") };
  });
  const refuse = (node: unknown, mistake: Omit<Mistake, "file" | "line" | "column">): Mistake => {
    const { line, col } = lines.linePos((isNode(node) ? node.range?.[0] : undefined) ?? 0);
    return { file: name, line: Math.max(1, line), column: Math.max(1, col), ...mistake };
  };
  visit(document, {
    Node: (_, node, parents) => {
      // The parser may have stumbled over the depth as well.
      if (parents.filter((parent) => isMap(parent) || isSeq(parent)).length > DEEPEST)
        throw new UserError(refuse(node, TOO_DEEP));
      const refused = tagMistake(node.tag);
      if (refused !== undefined) mistakes.push(refuse(node, refused));
    },
    Pair: (_, { key }) => {
      if (isScalar(key) && key.value === "<<") mistakes.push(refuse(key, MERGE_KEY));
    },
    Alias: (_, alias, parents) => {
      const target = alias.resolve(document);
      if (target !== undefined && !parents.includes(target)) return;
      const { line, col } = lines.linePos(alias.range?.[0] ?? 0);
      const what =
        target === undefined
          ? `there is no anchor "&${alias.source}" before this`
          : `"*${alias.source}" stands inside of what it stands for`;
      mistakes.push({ file: name, line, column: col, what });
    },
  });
  if (mistakes.length > 0) throw new UserError(mistakes);
  const at = (node: Node | undefined): Position => {
    const { line, col } = lines.linePos(node?.range?.[0] ?? 0);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  return {
    name,
    value: plainValue(name, document),
    positionOf: (path) => at(deepest(document, path).node),
    keyPositionOf: (path) => {
      const { parent, node, complete } = deepest(document, path);
      const pair = isMap(parent)
        ? parent.items.find((item) => keyText(item.key) === String(path.at(-1)))
        : undefined;
      return at(complete && isNode(pair?.key) ? pair.key : node);
    },
    positionInside: (path, offset) => {
      const { node } = deepest(document, path);
      const start = isScalar(node) ? offsetInside(text, node, offset) : undefined;
      if (start === undefined) return at(node);
      const { line, col } = lines.linePos(start);
      return { line, column: col };
    },
    sourceOf: (path) => {
      const { node, complete } = deepest(document, path);
      return complete && isScalar(node) ? (node.source ?? String(node.value)) : undefined;
    },
  };
}

function parsed(name: string, text: string, lineCounter: LineCounter): Document {
  try {
    return parseDocument(text, { lineCounter, prettyErrors: false });
  } catch (error) {
    // The parser calls itself for each level.
    if (error instanceof RangeError) throw new UserError({ file: name, ...TOO_DEEP });
    throw error;
  }
}

/** Offset in the file of the character at `offset` of a scalar's value, where the two run side by side. */
function offsetInside(text: string, scalar: Scalar, offset: number): number | undefined {
  const [start = 0, end = start] = scalar.range ?? [];
  const raw = text.slice(start, end);
  const value = String(scalar.value);
  if (scalar.type === "PLAIN") return raw === value ? start + offset : undefined;
  if (scalar.type === "QUOTE_SINGLE" || scalar.type === "QUOTE_DOUBLE") {
    return raw.slice(1, 1 + value.length) === value ? start + 1 + offset : undefined;
  }
  if (scalar.type !== "BLOCK_LITERAL") return undefined;
  const before = value.slice(0, offset).split("\n");
  const rawLines = raw.split("\n");
  const first = rawLines.slice(1).find((line) => line.trim() !== "") ?? "";
  const indent = first.length - first.trimStart().length;
  const skipped = rawLines.slice(0, before.length).reduce((sum, line) => sum + line.length + 1, 0);
  return start + skipped + indent + (before.at(-1)?.length ?? 0);
}

function plainValue(name: string, document: Document): unknown {
  try {
    return (document.toJS({ maxAliasCount: 1000 }) as unknown) ?? {};
  } catch (error) {
    throw new UserError({ file: name, what: `is not usable YAML: ${firstLine((error as Error).message)}` });
  }
}

/** Follows a path as far as it goes. `complete` tells whether all of it was there. */
function deepest(
  document: Document,
  path: Path,
): { readonly node: Node | undefined; readonly parent: Node | undefined; readonly complete: boolean } {
  const resolve = (value: unknown): Node | undefined => {
    if (!isNode(value)) return undefined;
    return "source" in value && "resolve" in value ? (value.resolve(document) ?? value) : value;
  };
  let node = resolve(document.contents);
  let parent: Node | undefined;
  for (const key of path) {
    const next = isMap(node) || isSeq(node) ? resolve(node.get(key, true)) : undefined;
    if (next === undefined) return { node, parent, complete: false };
    parent = node;
    node = next;
  }
  return { node, parent, complete: true };
}

function keyText(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? text;
}

/** `guests.list[0].memory`; names that are no plain words are quoted: `platforms["Arch Linux"]`. */
export function pathText(path: Path): string {
  return path
    .map((part, index) => {
      if (typeof part === "number") return `[${part}]`;
      if (!/^[A-Za-z0-9_+-]+$/.test(part)) return `[${JSON.stringify(part)}]`;
      return index === 0 ? part : `.${part}`;
    })
    .join("");
}
