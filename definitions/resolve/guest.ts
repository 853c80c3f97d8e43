import type { GuestSeat } from "../guests/expand";
import { quoteForTemplate } from "../domain-template";
import { hostnameOf } from "../names/identity";
import { AUTO_LEAST, FIRST_BOOT_SNAPSHOT } from "../builtin/defaults";
import type { PartialSettings, ResolvedGuest } from "../resolved";
import { MergedGuest } from "../schemas/guest";
import type { NicDefinition } from "../schemas/nic";
import { SETTING_KEYS, SettingsDefinition } from "../schemas/settings";
import { mergeNodes, settle } from "../source/merge";
import { addSchemaIssues, placeText, type Mistakes } from "../source/mistakes";
import {
  asMap,
  filterKeys,
  isBuiltIn,
  nodeAt,
  type MapNode,
  type Source,
  type SourceNode,
} from "../source/node";
import { sourceAt } from "./check-layer";
import type { Evaluator } from "./evaluate-node";
import { authOf, connectionOf, cpuOf, disksOf, firmwareOf, seedOf, type PartContext } from "./guest-parts";
import { guestScope, KNOWN_KEYS } from "./guest-scope";
import { resolveImage } from "./image";
import { imageNode } from "./image-node";
import type { Library } from "./library";
import { ownEntries } from "./own-keys";
import { completeSettings, pickSettings } from "./settings";
import type { TextFile } from "./sources";
import { templateOf } from "./templates";

/** What the guests of a farm have in common. */
export interface GuestContext {
  readonly stack: string;
  readonly domainPrefix: string;
  /** Built-in defaults with the farm's laid over them. */
  readonly defaults: MapNode;
  readonly defaultSettings: PartialSettings;
  readonly platforms: Library;
  readonly targets: Library;
  readonly images: Library;
  readonly imageSource: "auto" | "vendor" | "packages" | undefined;
  readonly templates: ReadonlyMap<string, TextFile>;
  readonly settingsOf: (hypervisor: string | undefined) => PartialSettings;
  readonly evaluator: Evaluator;
  readonly mistakes: Mistakes;
  /** Where the way to each guest is written, by its name. */
  readonly ways: Map<string, Source>;
  /** Merged layers by platform and target. */
  readonly merged: Map<string, PairLayers>;
}

interface PairLayers {
  readonly platform: MapNode;
  readonly target: MapNode;
  /** Platform over target. */
  readonly pair: MapNode;
  /** The pair over the defaults. */
  readonly merged: MapNode;
}

/** A guest whose cards have no MAC addresses and ports yet. */
export interface GuestDraft {
  readonly guest: Omit<ResolvedGuest, "nics">;
  readonly nics: readonly NicDefinition[];
  readonly nicsNode: SourceNode;
}

/**
 * Merges and evaluates the definition of one guest: defaults < target < platform < the guest's own entry.
 * Undefined when something is wrong with it; the mistakes are in the context.
 */
export function resolveGuest(seat: GuestSeat, context: GuestContext): GuestDraft | undefined {
  const layers = layersOf(seat, context);
  if (layers === undefined) return undefined;
  const { mistakes, evaluator } = context;
  const before = mistakes.count;
  const overrides = asMap(settle(mergeNodes(layers.pair, seat.overrides)));
  const merged = asMap(mergeNodes(layers.merged, seat.overrides));
  const full = asMap(settle(merged));
  const names = { hostname: hostnameOf(seat.name), domain: context.domainPrefix + seat.name };
  const scope = guestScope(context.stack, seat, names, { ...layers, full }, evaluator);
  const chosen = withImage(merged, full, seat, context, (node) => evaluator.plain(node, scope, seat));
  if (chosen === undefined) return undefined;
  const known = filterKeys(chosen, (key) => KNOWN_KEYS.has(key) && key !== "properties");
  const plain = evaluator.plain(known, scope, seat);
  const own: MapNode = { ...full, entries: ownEntries(full, KNOWN_KEYS) };
  const properties = evaluator.plain(own, scope, seat) as Record<string, unknown>;
  const level = evaluator.plain(
    filterKeys(overrides, (key) => SETTING_KEYS.includes(key)),
    scope,
    seat,
  );
  if (mistakes.count > before) return undefined;
  const parsed = MergedGuest.safeParse(plain);
  const settings = SettingsDefinition.safeParse(level);
  if (!parsed.success || !settings.success) {
    const issues = parsed.error?.issues ?? [];
    addSchemaIssues(mistakes, issues, plain, (path) => sourceAt(known, path), false);
    return undefined;
  }
  return assemble(seat, names, parsed.data, pickSettings(settings.data), properties, known, context, (file) =>
    evaluator.text(file, scope, seat, quoteForTemplate),
  );
}

function layersOf(seat: GuestSeat, context: GuestContext): PairLayers | undefined {
  const key = JSON.stringify([seat.platform, seat.target]);
  const known = context.merged.get(key);
  if (known !== undefined) return known;
  const platform = context.platforms.get(seat.platform, seat.platformNode);
  const target = context.targets.get(seat.target, seat.targetNode);
  if (platform === undefined || target === undefined) return undefined;
  const pair = asMap(mergeNodes(target, platform));
  const merged = asMap(mergeNodes(context.defaults, pair));
  const layers = { platform: asMap(settle(platform)), target: asMap(settle(target)), pair, merged };
  context.merged.set(key, layers);
  return layers;
}

function withImage(
  merged: MapNode,
  full: MapNode,
  seat: GuestSeat,
  context: GuestContext,
  evaluate: (node: SourceNode) => unknown,
): MapNode | undefined {
  const image = merged.entries.get("image");
  if (image === undefined) {
    context.mistakes.at(seat.platformNode.source, {
      what: `platform "${seat.platform}" has no image`,
      remedy: 'give it "image" with url, file, pool or packages, or let it extend a platform that has one',
    });
    return undefined;
  }
  const node = full.entries.get("imageSource");
  const written = node === undefined ? "auto" : evaluate(node);
  const choice = context.imageSource ?? (written === "vendor" || written === "packages" ? written : "auto");
  const chosen = imageNode(image, choice, context.images, context.mistakes);
  return chosen && { ...full, entries: new Map([...full.entries, ["image", settle(chosen)]]) };
}

function assemble(
  seat: GuestSeat,
  names: { readonly hostname: string; readonly domain: string },
  definition: MergedGuest,
  overrides: PartialSettings,
  properties: Readonly<Record<string, unknown>>,
  node: MapNode,
  context: GuestContext,
  evaluate: (file: TextFile) => string | undefined,
): GuestDraft | undefined {
  const parts: PartContext = { sourceAt: (path) => sourceAt(node, path), mistakes: context.mistakes };
  const before = context.mistakes.count;
  const arch = required(definition.arch, "arch", seat, context.mistakes);
  const machine = required(definition.machine, "machine", seat, context.mistakes);
  const seedBus = required(definition.seedBus, "seedBus", seat, context.mistakes);
  const firmware = firmwareOf(definition, parts);
  const image =
    typeof definition.image === "object"
      ? resolveImage(definition.image, {
          name: `${seat.platform}/${seat.target}`,
          arch: arch ?? "",
          sourceAt: (path) => sourceAt(node, ["image", ...path]),
          mistakes: context.mistakes,
        })
      : undefined;
  const extraDisks = disksOf(definition.disks, parts);
  const choice = {
    wanted: definition.template,
    seat,
    arch,
    nics: (definition.nics ?? []).map(({ kind }) => kind),
    at: () => parts.sourceAt(["template"]),
  };
  const template = templateOf(choice, context.templates, evaluate, context.mistakes);
  if (arch === undefined || machine === undefined || seedBus === undefined) return undefined;
  if (firmware === undefined || image === undefined || context.mistakes.count > before) return undefined;
  context.ways.set(seat.name, parts.sourceAt(["connection", "jump"]));
  const { vcpus = 1, memory = AUTO_LEAST.memoryMiB } = definition;
  const guest: Omit<ResolvedGuest, "nics"> = {
    name: seat.name,
    hostname: definition.hostname ?? names.hostname,
    domainName: names.domain,
    platform: seat.platform,
    target: seat.target,
    hypervisor: seat.hypervisor,
    declaredAt: placeText(seat.source),
    type: definition.type === "kvm" || definition.type === "qemu" ? definition.type : undefined,
    arch,
    machine,
    cpu: cpuOf(definition.cpu),
    emulator: definition.emulator,
    emulatorIsUsual: isBuiltIn(nodeAt(node, ["emulator"]).source.file),
    vcpus: vcpus === "auto" ? AUTO_LEAST.vcpus : vcpus,
    memoryMiB: memory === "auto" ? AUTO_LEAST.memoryMiB : memory,
    fromHost: { vcpus: vcpus === "auto", memory: memory === "auto" },
    firmware,
    image,
    rootDisk: { bus: definition.rootDisk?.bus ?? "virtio", sizeGiB: definition.rootDisk?.size },
    extraDisks,
    defaultBus: definition.defaultBus,
    seed: seedOf(definition.seed),
    seedBus,
    clock: definition.clock ?? "utc",
    auth: authOf(definition.auth),
    ...connectionOf(definition.connection),
    shell: definition.shell ?? "sh",
    os: definition.os ?? "linux",
    settings: completeSettings(context.defaultSettings, context.settingsOf(seat.hypervisor), overrides),
    settingsOverrides: overrides,
    labels: definition.labels ?? {},
    keepRunning: definition.keepRunning ?? false,
    firstBootSnapshot: snapshotName(definition.firstBootSnapshot),
    properties,
    vars: definition.vars ?? {},
    template,
  };
  return { guest, nics: definition.nics ?? [], nicsNode: nodeAt(node, ["nics"]) };
}

function snapshotName(wanted: string | boolean | undefined): string | null {
  if (wanted === false) return null;
  return typeof wanted === "string" ? wanted : FIRST_BOOT_SNAPSHOT;
}

function required<T>(value: T | undefined, key: string, seat: GuestSeat, mistakes: Mistakes): T | undefined {
  if (value === undefined) {
    mistakes.at(seat.targetNode.source, {
      what: `target "${seat.target}" gives no "${key}"`,
      remedy: `add "${key}" to it, or let it extend a built-in target`,
    });
  }
  return value;
}
