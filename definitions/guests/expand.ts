import { nearestName, oneOf } from "../nearest";
import { RANGES } from "../ranges";
import { filterKeys, itemsOf, plainOf, type MapNode, type Source, type SourceNode } from "../source/node";
import { placeText, type Mistakes } from "../source/mistakes";

/** One guest of the farm before its definition is merged. */
export interface GuestSeat {
  readonly name: string;
  readonly platform: string;
  readonly target: string;
  /** Nodes that name the platform and the target, for messages. */
  readonly platformNode: SourceNode;
  readonly targetNode: SourceNode;
  /** The hypervisor that it is pinned to. */
  readonly hypervisor: string | undefined;
  /** What the entry itself says about the guest: the strongest layer. */
  readonly overrides: MapNode;
  readonly source: Source;
}

export interface ExpandOptions {
  readonly naming: "default" | "ansible-farm";
  readonly hypervisors: readonly string[];
}

const PLACE_KEYS = new Set([
  "platform",
  "target",
  "platforms",
  "targets",
  "name",
  "hypervisor",
  "on",
  "count",
]);

/**
 * The guests of a farm: those of `guests.list` first, then platforms x targets of each block of
 * `guests.permutations`, platforms outside. Equal guests count once; different ones of one name are a mistake.
 */
export function expandGuests(
  guests: SourceNode | undefined,
  options: ExpandOptions,
  mistakes: Mistakes,
): GuestSeat[] {
  if (guests?.kind !== "map") return [];
  const seats = new Map<string, { readonly seat: GuestSeat; readonly content: string }>();
  const add = (seat: GuestSeat) => {
    const content = JSON.stringify([
      seat.platform,
      seat.target,
      seat.hypervisor ?? null,
      plainOf(seat.overrides),
    ]);
    const other = seats.get(seat.name);
    if (other === undefined) seats.set(seat.name, { seat, content });
    else if (other.content !== content) reportConflict(seat, other.seat, mistakes);
  };
  for (const entry of itemsOf(guests.entries.get("list"))) {
    const platform = textNode(entry, "platform");
    const target = textNode(entry, "target");
    if (platform && target) seatsOf(entry, platform, target, options, mistakes).forEach(add);
  }
  for (const block of itemsOf(guests.entries.get("permutations"))) {
    for (const platform of textNodes(block, "platforms")) {
      for (const target of textNodes(block, "targets")) {
        seatsOf(block, platform, target, options, mistakes).forEach(add);
      }
    }
  }
  return [...seats.values()].map(({ seat }) => seat);
}

interface TextNode {
  readonly value: string;
  readonly node: SourceNode;
}

function seatsOf(
  entry: MapNode,
  platform: TextNode,
  target: TextNode,
  options: ExpandOptions,
  mistakes: Mistakes,
): GuestSeat[] {
  const base = textNode(entry, "name")?.value ?? defaultName(platform.value, target.value, options.naming);
  const count = countOf(entry);
  const numbers = count === undefined ? [""] : Array.from({ length: count }, (_, index) => `-${index + 1}`);
  const seat = (name: string, hypervisor: string | undefined): GuestSeat => ({
    name,
    platform: platform.value,
    target: target.value,
    platformNode: platform.node,
    targetNode: target.node,
    hypervisor,
    overrides: filterKeys(entry, (key) => !PLACE_KEYS.has(key)),
    source: entry.source,
  });
  return placesOf(entry, options, mistakes).flatMap(({ suffix, hypervisor }) =>
    numbers.map((number) => seat(base + suffix + number, hypervisor)),
  );
}

/** What is out of range is told as a mistake of the entry, and makes nothing. */
function countOf(entry: MapNode): number | undefined {
  const node = entry.entries.get("count");
  if (node?.kind !== "scalar" || typeof node.value !== "number") return undefined;
  return node.value >= RANGES.count.least && node.value <= RANGES.count.most ? node.value : undefined;
}

function defaultName(platform: string, target: string, naming: ExpandOptions["naming"]): string {
  return naming === "ansible-farm" ? `VM ${platform}_${target}` : `${platform}-${target}`;
}

interface Place {
  readonly suffix: string;
  readonly hypervisor: string | undefined;
}

/** `on` gives one guest per hypervisor, named after it; `hypervisor` pins one; else placement decides. */
function placesOf(entry: MapNode, options: ExpandOptions, mistakes: Mistakes): Place[] {
  const on = entry.entries.get("on");
  const pin = textNode(entry, "hypervisor");
  if (on !== undefined && pin !== undefined) {
    mistakes.at(on.source, {
      what: '"on" and "hypervisor" cannot stand together',
      remedy: 'keep "hypervisor" for one guest on one hypervisor, "on" for one guest on each of several',
    });
  }
  if (pin !== undefined) return known(pin, options, mistakes) ? [{ suffix: "", hypervisor: pin.value }] : [];
  if (on === undefined) return [{ suffix: "", hypervisor: undefined }];
  const wanted: TextNode[] =
    on.kind === "list"
      ? on.items.flatMap(asText)
      : on.kind === "scalar" && on.value === "each"
        ? options.hypervisors.map((value) => ({ value, node: on }))
        : [];
  return wanted
    .filter((each) => known(each, options, mistakes))
    .map(({ value }) => ({ suffix: `-${value}`, hypervisor: value }));
}

function known(pin: TextNode, options: ExpandOptions, mistakes: Mistakes): boolean {
  if (options.hypervisors.includes(pin.value)) return true;
  const nearest = nearestName(pin.value, options.hypervisors);
  mistakes.at(pin.node.source, {
    what: `there is no hypervisor "${pin.value}"`,
    found: JSON.stringify(pin.value),
    allowed: oneOf(options.hypervisors),
    remedy: nearest === undefined ? 'add it under "hypervisors"' : `did you mean "${nearest}"?`,
  });
  return false;
}

function reportConflict(seat: GuestSeat, other: GuestSeat, mistakes: Mistakes): void {
  mistakes.at(seat.source, {
    what: `two different guests are called "${seat.name}": this one and the one at ${placeText(other.source)}`,
    remedy: 'give one of them a "name" of its own, or make them equal',
  });
}

function textNode(entry: MapNode, key: string): TextNode | undefined {
  const node = entry.entries.get(key);
  return node === undefined ? undefined : asText(node)[0];
}

function textNodes(entry: MapNode, key: string): TextNode[] {
  const node = entry.entries.get(key);
  return node?.kind === "list" ? node.items.flatMap(asText) : [];
}

function asText(node: SourceNode): TextNode[] {
  return node.kind === "scalar" && typeof node.value === "string" ? [{ value: node.value, node }] : [];
}
