import { DEFAULT_GUEST, DEFAULT_PORTS } from "./builtin/defaults";
import { expandGuests, type ExpandOptions } from "./guests/expand";
import { jumpMistakes } from "./guests/jumps";
import { assignIdentities } from "./names/assign";
import type {
  PartialSettings,
  ResolvedFarm,
  ResolvedGuest,
  ResolvedNetwork,
  ResolvedProject,
} from "./resolved";
import { checkCardAddresses } from "./resolve/card-addresses";
import { checkSources } from "./resolve/check-sources";
import {
  chosenImageSource,
  chosenSettings,
  chooseProject,
  type StackChoices,
} from "./resolve/choose-project";
import { checkDataDisksInGuests } from "./resolve/data-disks-in-guests";
import { Evaluator } from "./resolve/evaluate-node";
import { resolveGuest, type GuestContext } from "./resolve/guest";
import { placeGuestHosts } from "./resolve/guest-hosts";
import { hypervisorNames, resolveHypervisors } from "./resolve/hypervisors";
import { resolveNetworks } from "./resolve/networks";
import { resolveProjects } from "./resolve/projects";
import { checkRoomInGuests } from "./resolve/room-in-guests";
import { completeSettings, mergeSettings, pickSettings } from "./resolve/settings";
import { readSources, type FarmFiles, type FarmSources } from "./resolve/sources";
import { FarmDefinition } from "./schemas/farm";
import { SettingsDefinition } from "./schemas/settings";
import { mergeNodes } from "./source/merge";
import { Mistakes } from "./source/mistakes";
import { asMap, nodeOf, plainOf, type MapNode } from "./source/node";
import { sourceAt } from "./resolve/check-layer";

/** A farm file, the files beside it, and what the stack's configuration chooses. */
export interface FarmInput extends FarmFiles {
  readonly stack: string;
  readonly config?: StackChoices | undefined;
}

/**
 * Works out a whole farm from its files: checks every file, expands the guests, merges and evaluates their
 * definitions, gives them names, MAC addresses and ports. Reads nothing and asks nobody.
 * @throws UserError that lists all mistakes of all files, each with file, line and column.
 */
export function resolveFarm(input: FarmInput): ResolvedFarm {
  const mistakes = new Mistakes();
  const sources = readSources(input, mistakes);
  // What is not YAML cannot be checked any further.
  mistakes.throwAny();
  checkSources(sources, mistakes);
  const { farm } = sources;
  const options = farmOptions(farm);
  const hypervisors = resolveHypervisors(farm, mistakes);
  const names = hypervisorNames(farm);
  const networks = resolveNetworks(farm, names, sources.networkTemplates, mistakes);
  const defaults = asMap(
    mergeNodes(builtInDefaults(), asMap(farm.entries.get("defaults") ?? emptyNode(farm))),
  );
  const defaultSettings = settingsOfDefaults(farm);
  const context: GuestContext = {
    stack: input.stack,
    domainPrefix: options.domainPrefix ?? (options.naming === "ansible-farm" ? "" : `${input.stack}.`),
    defaults,
    defaultSettings,
    platforms: sources.platforms,
    targets: sources.targets,
    images: sources.images,
    imageSource: chosenImageSource(input.config ?? {}, mistakes),
    templates: sources.templates,
    settingsOf: (name) => hypervisors.find((each) => each.name === name)?.settings ?? {},
    evaluator: new Evaluator(mistakes),
    mistakes,
    ways: new Map(),
    merged: new Map(),
  };
  const placedByUser = resolveGuests(
    sources,
    { naming: options.naming, hypervisors: names },
    context,
    options.ports,
    networks,
  );
  const drafted = placeGuestHosts(farm, hypervisors, placedByUser, mistakes);
  for (const { guest, mistake } of jumpMistakes(drafted)) {
    mistakes.at(context.ways.get(guest) ?? farm.source, mistake);
  }
  checkRoomInGuests(farm, hypervisors, drafted, mistakes);
  checkDataDisksInGuests(farm, hypervisors, drafted, mistakes);
  const projects = resolveProjects(sources, drafted, mistakes);
  const project = chooseProject(farm, projects, input.config ?? {}, mistakes);
  const configured = chosenSettings(input.config ?? {}, mistakes);
  mistakes.throwAny();
  return {
    stack: input.stack,
    hypervisors,
    guests: drafted.map((guest) => withProjectSettings(guest, project, configured, context)),
    project,
    projects,
    networks,
    defaultSettings,
    placementOrder: options.order,
  };
}

function resolveGuests(
  sources: FarmSources,
  options: ExpandOptions,
  context: GuestContext,
  ports: { readonly from: number; readonly to: number },
  networks: readonly ResolvedNetwork[],
): ResolvedGuest[] {
  const { farm } = sources;
  const { mistakes } = context;
  const guests = farm.entries.get("guests");
  if (guests === undefined || (guests.kind === "map" && guests.entries.size === 0)) {
    mistakes.at(sourceAt(farm, ["guests"]), {
      what: "the farm has no guests",
      allowed: "guests: {permutations: {platforms: [...], targets: [...]}, list: [...]}",
      remedy: 'declare some, or write "guests: {list: []}" for a farm without any',
    });
  }
  const seats = expandGuests(guests, options, mistakes);
  const drafts = seats.flatMap((seat) => resolveGuest(seat, context) ?? []);
  checkCardAddresses(drafts, networks, mistakes);
  return assignIdentities(drafts, { naming: options.naming, ports }, mistakes);
}

/** The farm's own options. What is wrong with them has been reported; then defaults stand in. */
function farmOptions(farm: MapNode) {
  const shape = FarmDefinition.pick({ naming: true, domainPrefix: true, ports: true, placement: true });
  const read = (key: keyof typeof shape.shape): unknown => {
    const node = farm.entries.get(key);
    const parsed = shape.shape[key].safeParse(node === undefined ? undefined : plainOf(node));
    return parsed.success ? parsed.data : undefined;
  };
  return {
    naming: (read("naming") ?? "default") as "default" | "ansible-farm",
    domainPrefix: read("domainPrefix") as string | undefined,
    ports: (read("ports") ?? DEFAULT_PORTS) as { readonly from: number; readonly to: number },
    order:
      (read("placement") as { order?: ("kvm" | "qemu")[] } | undefined)?.order ?? (["kvm", "qemu"] as const),
  };
}

function builtInDefaults(): MapNode {
  return asMap(nodeOf(DEFAULT_GUEST, { file: { name: "built-in defaults", builtIn: true }, path: [] }));
}

function emptyNode(farm: MapNode): MapNode {
  return { kind: "map", entries: new Map(), source: { file: farm.source.file, path: ["defaults"] } };
}

function settingsOfDefaults(farm: MapNode): PartialSettings {
  const node = farm.entries.get("defaults");
  const parsed = SettingsDefinition.safeParse(node === undefined ? {} : plainOf(node));
  return parsed.success ? pickSettings(parsed.data) : {};
}

/** Adds the two strongest levels of settings. */
function withProjectSettings(
  guest: ResolvedGuest,
  project: ResolvedProject | null,
  configured: PartialSettings,
  context: GuestContext,
): ResolvedGuest {
  const ofProject = project?.guests.includes(guest.name) === true ? project.settings : {};
  const settingsOverrides = mergeSettings(mergeSettings(guest.settingsOverrides, ofProject), configured);
  const settings = completeSettings(
    context.defaultSettings,
    context.settingsOf(guest.hypervisor),
    settingsOverrides,
  );
  return { ...guest, settings, settingsOverrides };
}
