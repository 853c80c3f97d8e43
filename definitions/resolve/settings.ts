import { DEFAULT_SETTINGS } from "../builtin/defaults";
import type { GuestSettings, PartialSettings, ResolvedFarm, ResolvedGuest } from "../resolved";
import { SETTING_KEYS, type SettingsDefinition } from "../schemas/settings";

/** Lays one level of settings over another; a level that leaves a key out keeps what is below. */
export function mergeSettings(below: PartialSettings, above: PartialSettings): PartialSettings {
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above) as [keyof GuestSettings, unknown][]) {
    if (value === undefined) continue;
    const before = below[key];
    merged[key] = isMap(before) && isMap(value) ? { ...before, ...withoutUndefined(value) } : value;
  }
  return merged;
}

/**
 * Settings of a guest, from the weakest level to the strongest: built-in < farm's defaults < hypervisor < target <
 * platform < the guest's own entry < project < stack configuration. The last five are `overrides`.
 */
export function completeSettings(
  defaults: PartialSettings,
  hypervisor: PartialSettings,
  overrides: PartialSettings,
): GuestSettings {
  const levels = [defaults, hypervisor, overrides];
  return levels.reduce<PartialSettings>(mergeSettings, DEFAULT_SETTINGS) as GuestSettings;
}

/** Settings of a guest once it is known where it lives. */
export function settingsOn(farm: ResolvedFarm, guest: ResolvedGuest, hypervisor: string): GuestSettings {
  const level = farm.hypervisors.find((each) => each.name === hypervisor)?.settings ?? {};
  return completeSettings(farm.defaultSettings, level, guest.settingsOverrides);
}

/** The settings among the keys of a definition. */
export function pickSettings(definition: SettingsDefinition): PartialSettings {
  const entries: [string, unknown][] = Object.entries(definition);
  return Object.fromEntries(
    entries.filter(([key, value]) => SETTING_KEYS.includes(key) && value !== undefined),
  );
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function withoutUndefined(map: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== undefined));
}
