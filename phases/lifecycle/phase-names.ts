import { z } from "zod";

export { PHASES, PhaseName } from "../../definitions/phase-names";

/** The phases that a project may bring a file for. */
export const FILE_PHASES = ["dependencies", "init", "main", "terminate"] as const;
export const FilePhase = z.enum(FILE_PHASES);
export type FilePhase = z.infer<typeof FilePhase>;
