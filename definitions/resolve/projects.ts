import { fitsGlob } from "../glob";
import { nearestName, oneOf } from "../nearest";
import type { ResolvedGuest, ResolvedProject } from "../resolved";
import { ProjectDefinition } from "../schemas/project";
import { placeText, shown, type Mistakes } from "../source/mistakes";
import { plainOf, type MapNode } from "../source/node";
import { sourceAt } from "./check-layer";
import { pickSettings } from "./settings";
import type { FarmSources } from "./sources";

type GuestName = Pick<ResolvedGuest, "name" | "platform" | "target" | "keepRunning" | "isHypervisor">;

/** All projects of a farm: the inline one and those of `projects:` and `projects/`. */
export function resolveProjects(
  sources: FarmSources,
  guests: readonly GuestName[],
  mistakes: Mistakes,
): ResolvedProject[] {
  const inline = sources.farm.entries.get("project");
  const projects: ResolvedProject[] = [];
  if (inline?.kind === "map") {
    const id = inline.entries.get("id");
    if (id === undefined) {
      mistakes.at(sourceAt(inline, ["id"]), {
        what: "is missing",
        allowed: "an id without / and control characters",
      });
    } else {
      const name = id.kind === "scalar" && typeof id.value === "string" ? id.value : "project";
      projects.push(...resolveOne(name, inline, "phases", guests, mistakes));
    }
  }
  for (const [name, node] of sources.projects) {
    projects.push(...resolveOne(name, node, `phases/${name}`, guests, mistakes));
  }
  return projects;
}

function resolveOne(
  name: string,
  node: MapNode,
  phasesFolder: string,
  guests: readonly GuestName[],
  mistakes: Mistakes,
): ResolvedProject[] {
  const parsed = ProjectDefinition.safeParse(plainOf(node));
  if (!parsed.success) return [];
  const definition = parsed.data;
  const { secrets = [] } = definition;
  return [
    {
      name,
      id: definition.id ?? name,
      revision: definition.revision ?? "0",
      phasesFolder: definition.phases ?? phasesFolder,
      vars: definition.vars ?? {},
      secrets: Array.isArray(secrets) ? Object.fromEntries(secrets.map((key) => [key, key])) : secrets,
      runMain: definition.runMain ?? "onChange",
      settings: pickSettings(definition),
      guests: chooseGuests(definition, node, guests, mistakes),
      declaredAt: {
        phases: placeText(sourceAt(node, ["phases"])),
        secrets: placeText(sourceAt(node, ["secrets"])),
      },
    },
  ];
}

function chooseGuests(
  definition: ProjectDefinition,
  node: MapNode,
  guests: readonly GuestName[],
  mistakes: Mistakes,
): string[] {
  const runnable = guests.filter((guest) => !guest.keepRunning && guest.isHypervisor !== true);
  const wanted = definition.guests;
  if (wanted === undefined) return runnable.map(({ name }) => name);
  const lists = Array.isArray(wanted) ? { names: wanted } : wanted;
  const keys = { names: "name", platforms: "platform", targets: "target" } as const;
  const filters = (Object.keys(keys) as (keyof typeof keys)[]).flatMap((list) => {
    const patterns = lists[list];
    if (patterns === undefined) return [];
    const values = [...new Set(guests.map((guest) => guest[keys[list]]))];
    patterns.forEach((pattern, index) => {
      const path = Array.isArray(wanted) ? ["guests", index] : ["guests", list, index];
      const named = list === "names" ? guests.find(({ name }) => name === pattern) : undefined;
      if (named !== undefined && !runnable.includes(named)) {
        mistakes.at(sourceAt(node, path), {
          what: `guest "${pattern}" runs no project`,
          found: named.keepRunning ? "a guest with keepRunning" : "a guest that hypervisors are in",
          allowed: oneOf(runnable.map(({ name }) => name)),
          remedy: "take it out of the list",
        });
      }
      if (values.some((value) => fitsGlob(pattern, value))) return;
      const nearest = nearestName(pattern, values);
      mistakes.at(sourceAt(node, path), {
        what: `no guest has the ${keys[list]} "${pattern}"`,
        found: shown(pattern),
        allowed: oneOf(values),
        remedy: nearest === undefined ? undefined : `did you mean "${nearest}"?`,
      });
    });
    return [(guest: GuestName) => patterns.some((pattern) => fitsGlob(pattern, guest[keys[list]]))];
  });
  return runnable.filter((guest) => filters.every((filter) => filter(guest))).map(({ name }) => name);
}
