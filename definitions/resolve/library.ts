import { nearestName, oneOf } from "../nearest";
import { mergeAll } from "../source/merge";
import { placeText, type Mistakes } from "../source/mistakes";
import type { MapNode, SourceNode } from "../source/node";
import { filterKeys } from "../source/node";

/**
 * Definitions of one kind by name, with `extends` followed. The user's definitions hide built-in ones of the same
 * name; one that extends its own name builds on the hidden one.
 */
export class Library {
  private readonly merged = new Map<string, MapNode | undefined>();

  constructor(
    /** For messages: `platform`, `target`, `image`. */
    private readonly what: string,
    private readonly own: ReadonlyMap<string, MapNode>,
    private readonly builtIn: ReadonlyMap<string, MapNode>,
    private readonly mistakes: Mistakes,
  ) {}

  get names(): string[] {
    return [...new Set([...this.own.keys(), ...this.builtIn.keys()])];
  }

  /** The user's definitions, as they are written. */
  get written(): ReadonlyMap<string, MapNode> {
    return this.own;
  }

  /** The definition with all that it extends; undefined (and a mistake at `asker`) when there is none. */
  get(name: string, asker: SourceNode): MapNode | undefined {
    if (!this.isKnown(name, asker)) return undefined;
    if (!this.merged.has(name)) this.merged.set(name, this.follow(name, false, [name]));
    return this.merged.get(name);
  }

  private isKnown(name: string, asker: SourceNode): boolean {
    if (this.own.has(name) || this.builtIn.has(name)) return true;
    const nearest = nearestName(name, this.names);
    this.mistakes.at(asker.source, {
      what: `there is no ${this.what} "${name}"`,
      found: JSON.stringify(name),
      allowed: oneOf(this.names, 40),
      remedy: nearest === undefined ? this.howToDefine(name) : `did you mean "${nearest}"?`,
    });
    return false;
  }

  /** @param hidden takes the built-in definition although the user has one of the name */
  private follow(name: string, hidden: boolean, chain: readonly string[]): MapNode | undefined {
    const own = hidden ? undefined : this.own.get(name);
    const node = own ?? this.builtIn.get(name);
    if (node === undefined) return undefined;
    const layers: MapNode[] = [];
    for (const base of baseNames(node)) {
      const toHidden = base.name === name && own !== undefined && this.builtIn.has(name);
      const label = toHidden ? `built-in ${base.name}` : base.name;
      if (chain.includes(label)) {
        this.reportCircle([...chain.slice(chain.indexOf(label)), label], base.node);
        return undefined;
      }
      if (!this.isKnown(base.name, base.node)) return undefined;
      const layer = this.follow(base.name, toHidden, [...chain, label]);
      if (layer === undefined) return undefined;
      layers.push(layer);
    }
    const empty: MapNode = { kind: "map", entries: new Map(), source: node.source };
    return mergeAll([...layers, filterKeys(node, (key) => key !== "extends")], empty);
  }

  private reportCircle(circle: readonly string[], asker: SourceNode): void {
    this.mistakes.at(asker.source, {
      what: `${this.what}s extend each other in a circle: ${circle.join(" -> ")}`,
      remedy: "take one of the extends out",
    });
  }

  private howToDefine(name: string): string {
    return this.what === "image"
      ? `define it under "images" of the farm file`
      : `write ${this.what}s/${name}.yaml beside the farm file, or take one that there is`;
  }
}

function baseNames(node: MapNode): { readonly name: string; readonly node: SourceNode }[] {
  const value = node.entries.get("extends");
  if (value === undefined) return [];
  const items = value.kind === "list" ? value.items : [value];
  return items.flatMap((item) =>
    item.kind === "scalar" && typeof item.value === "string" ? [{ name: item.value, node: item }] : [],
  );
}

/** Adds a definition, or a mistake that names both places when the name is taken. */
export function addDefinition(
  definitions: Map<string, MapNode>,
  name: string,
  node: MapNode,
  what: string,
  mistakes: Mistakes,
): void {
  const other = definitions.get(name);
  if (other === undefined) definitions.set(name, node);
  else {
    mistakes.at(node.source, {
      what: `${what} "${name}" is defined twice, here and in ${placeText(other.source)}`,
      remedy: "keep one of them",
    });
  }
}
