import { z } from "zod";

/** The ten phases of a lifecycle, in the order of a run that starts from nothing. */
export const PHASES = [
  "startup",
  "restore init",
  "create init",
  "restore clean",
  "create clean",
  "dependencies",
  "init",
  "main",
  "terminate",
  "shutdown",
] as const;
export const PhaseName = z.enum(PHASES);
export type PhaseName = z.infer<typeof PhaseName>;
