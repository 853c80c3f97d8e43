import { z } from "zod";
import { PHASES } from "../phase-names";
import { RANGES } from "../ranges";
import { flag, oneWordOf, seconds, strictMap, whole } from "./scalars";

/** Settings of the lifecycle. Every key may be left out at every level. Times in seconds. */
export const settingsShape = {
  readiness: strictMap(
    { mode: oneWordOf(["login", "port", "none"]).optional(), timeout: seconds().optional() },
    "a map with mode and timeout",
  ).optional(),
  shutdown: strictMap(
    { tries: whole(RANGES.shutdownTries).optional(), delay: seconds(RANGES.shutdownDelay).optional() },
    "a map with tries and delay",
  ).optional(),
  onSnapshotError: oneWordOf(["continue", "fail"]).optional(),
  powerOff: oneWordOf(["auto", "graceful"]).optional(),
  snapshots: oneWordOf(["auto", "saved", "live", "overlay"]).optional(),
  cache: oneWordOf(["content", "revision", "off"]).optional(),
  keep: whole(RANGES.keep).optional(),
  allowedPhases: z.array(oneWordOf(PHASES), "a list of phases").optional(),
  leaseTimeout: seconds().optional(),
  startNetworks: flag().optional(),
  phaseTimeout: seconds().optional(),
  logLimit: whole(RANGES.logMiB).optional(),
  fetchLimit: strictMap(
    {
      size: whole(RANGES.fetchMiB).optional(),
      files: whole(RANGES.fetchFiles).optional(),
    },
    "a map with size and files",
  ).optional(),
};

export const SettingsDefinition = z.object(settingsShape);
export type SettingsDefinition = z.infer<typeof SettingsDefinition>;

export const SETTING_KEYS: readonly string[] = Object.keys(settingsShape);
