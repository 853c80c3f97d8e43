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

const DEFAULT_KEYS = Object.keys(guestShape);
const PLATFORM_KEYS = Object.keys(PlatformDefinition.shape);
const TARGET_KEYS = Object.keys(TargetDefinition.shape);
const ENTRY_KEYS = Object.keys(GuestEntry.shape);
const BLOCK_KEYS = Object.keys(PermutationBlock.shape);

/** Checks every file by itself: shapes, own keys, syntax and first names of expressions. */
export function checkSources(sources: FarmSources, mistakes: Mistakes): void {
  const { farm } = sources;
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
  const inline = farm.entries.get("project");
  for (const project of [...sources.projects.values(), ...(inline?.kind === "map" ? [inline] : [])]) {
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
