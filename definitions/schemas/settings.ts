import { z } from "zod";
import { PHASES } from "../phase-names";
import { flag, oneWordOf, seconds, strictMap, whole } from "./scalars";

/** Settings of the lifecycle. Every key may be left out at every level. Times in seconds. */
export const settingsShape = {
  readiness: strictMap(
    { mode: oneWordOf(["login", "port", "none"]).optional(), timeout: seconds().optional() },
    "a map with mode and timeout",
  ).optional(),
  shutdown: strictMap(
    { tries: whole(1, "a whole number, 1 at least").optional(), delay: seconds().optional() },
    "a map with tries and delay",
  ).optional(),
  onSnapshotError: oneWordOf(["continue", "fail"]).optional(),
  powerOff: oneWordOf(["auto", "graceful"]).optional(),
  snapshots: oneWordOf(["auto", "saved", "live", "overlay"]).optional(),
  cache: oneWordOf(["content", "revision", "off"]).optional(),
  keep: whole(1, "a whole number, 1 at least").optional(),
  allowedPhases: z.array(oneWordOf(PHASES), "a list of phases").optional(),
  leaseTimeout: seconds().optional(),
  startNetworks: flag().optional(),
  phaseTimeout: seconds().optional(),
  logLimit: whole(1, "a whole number of MiB, 1 at least").optional(),
  fetchLimit: strictMap(
    {
      size: whole(1, "a whole number of MiB, 1 at least").optional(),
      files: whole(1, "a whole number, 1 at least").optional(),
    },
    "a map with size and files",
  ).optional(),
};

export const SettingsDefinition = z.object(settingsShape);
export type SettingsDefinition = z.infer<typeof SettingsDefinition>;

export const SETTING_KEYS: readonly string[] = Object.keys(settingsShape);
