import type { z } from "zod";
import { FarmDefinition } from "../schemas/farm";
import {
  GuestEntry,
  guestShape,
  PermutationBlock,
  PlatformDefinition,
  TargetDefinition,
} from "../schemas/guest";
import { ProjectDefinition } from "../schemas/project";
import { SETTING_KEYS } from "../schemas/settings";
import type { Mistakes } from "../source/mistakes";
import { filterKeys, isBuiltIn, itemsOf, type MapNode } from "../source/node";
import { checkExpressions, checkShape, refuseExpressions } from "./check-layer";
import { checkOwnKeys } from "./own-keys";
import type { FarmSources } from "./sources";
import { checkNetworkTemplates, checkTemplates } from "./templates";

const DEFAULT_KEYS = Object.keys(guestShape);
const PLATFORM_KEYS = Object.keys(PlatformDefinition.shape);
const TARGET_KEYS = Object.keys(TargetDefinition.shape);
const ENTRY_KEYS = Object.keys(GuestEntry.shape);
const BLOCK_KEYS = Object.keys(PermutationBlock.shape);

/** Checks every file by itself: shapes, own keys, syntax and first names of expressions. */
export function checkSources(sources: FarmSources, mistakes: Mistakes): void {
  const { farm } = sources;
  const inline = farm.entries.get("project");
  const projects = [...sources.projects.values(), ...(inline?.kind === "map" ? [inline] : [])];
  projects.forEach((project) => refuseFloat(project, mistakes));
  checkShape(farm, FarmDefinition, mistakes);
  for (const key of ["hypervisors", "networks", "ports", "placement", "domainPrefix", "naming"]) {
    const node = farm.entries.get(key);
    if (node !== undefined) refuseExpressions(node, mistakes);
  }
  checkGuestKeys(farm, mistakes);
  refuseInSettings(farm, mistakes);
  for (const key of ["defaults", "images", "guests"]) {
    const node = farm.entries.get(key);
    if (node !== undefined) checkExpressions(node, mistakes);
  }
  checkDefinitions(sources.platforms.written, PlatformDefinition, PLATFORM_KEYS, mistakes);
  checkDefinitions(sources.targets.written, TargetDefinition, TARGET_KEYS, mistakes);
  checkTemplates(sources.templates, mistakes);
  checkNetworkTemplates(sources.networkTemplates, mistakes);
  for (const project of projects) {
    if (isOwnFile(project)) checkShape(project, ProjectDefinition, mistakes);
    // The vars of a project are evaluated where phases run.
    refuseExpressions(
      filterKeys(project, (key) => key !== "vars"),
      mistakes,
    );
  }
}

function checkDefinitions(
  definitions: ReadonlyMap<string, MapNode>,
  schema: z.ZodType,
  keys: readonly string[],
  mistakes: Mistakes,
): void {
  for (const definition of definitions.values()) {
    if (isOwnFile(definition)) checkShape(definition, schema, mistakes);
    checkOwnKeys(definition, keys, mistakes);
    checkExpressions(definition, mistakes);
  }
}

/** Definitions inside the farm file were checked with it. */
function isOwnFile(definition: MapNode): boolean {
  return !isBuiltIn(definition.source.file) && definition.source.path.length === 0;
}

function checkGuestKeys(farm: MapNode, mistakes: Mistakes): void {
  const defaults = farm.entries.get("defaults");
  if (defaults?.kind === "map") checkOwnKeys(defaults, DEFAULT_KEYS, mistakes);
  const guests = farm.entries.get("guests");
  if (guests?.kind !== "map") return;
  for (const entry of itemsOf(guests.entries.get("list"))) checkOwnKeys(entry, ENTRY_KEYS, mistakes);
  for (const block of itemsOf(guests.entries.get("permutations"))) checkOwnKeys(block, BLOCK_KEYS, mistakes);
}

/** Settings of the farm's defaults lie below those of hypervisors: they are read before guests are. */
function refuseInSettings(farm: MapNode, mistakes: Mistakes): void {
  const defaults = farm.entries.get("defaults");
  if (defaults?.kind === "map")
    refuseExpressions(
      filterKeys(defaults, (key) => SETTING_KEYS.includes(key)),
      mistakes,
    );
}

/**
 * YAML reads `1.10` as the number 1.1 and `1.0` as 1: a revision like these has to be quoted. Comes before the check
 * of the shape, whose message about the same place would say less.
 */
function refuseFloat(project: MapNode, mistakes: Mistakes): void {
  const revision = project.entries.get("revision");
  if (revision?.kind !== "scalar" || typeof revision.value !== "number" || isBuiltIn(revision.source.file))
    return;
  const written = revision.source.file.sourceOf(revision.source.path) ?? String(revision.value);
  if (/^(0|[1-9][0-9]{0,14})$/.test(written)) return;
  mistakes.at(revision.source, {
    what: "is not right",
    found: written,
    allowed: "text, or a plain whole number",
    remedy: `quote it: revision: "${written}"`,
  });
}
