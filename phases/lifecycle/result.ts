import { z } from "zod";
import { PhaseName } from "./phase-names";

/** What happened to one phase of a run. */
export const PhaseResult = z.strictObject({
  name: PhaseName,
  status: z.enum(["passed", "failed", "skipped", "cancelled"]),
  /** Why it was skipped, failed or cancelled; empty when it passed without a remark. */
  reason: z.string(),
  /** ISO 8601 with milliseconds, UTC; of a skipped phase: when it was dealt with. */
  startedAt: z.string(),
  durationMs: z.number().int().nonnegative(),
  /** Exit code of the step that failed, or 0; null where no command was run. */
  exitCode: z.number().int().nullable(),
  /** Log file relative to the folder of the result; null where there is none. */
  log: z.string().nullable(),
});
export type PhaseResult = z.infer<typeof PhaseResult>;

/** `result.json`: the record of one run of one guest. */
export const RunResult = z.strictObject({
  runId: z.string(),
  guest: z.string(),
  hypervisor: z.string(),
  /** Null for a guest without a project. */
  project: z.string().nullable(),
  revision: z.string().nullable(),
  /** Content key of the init snapshot (sha256, hex); null where there is none. */
  key: z.string().nullable(),
  cache: z.enum(["hit", "miss", "stale", "off"]),
  /** How the guest came up from a snapshot; null when it did not. */
  resumed: z.enum(["memory", "cold"]).nullable(),
  strategy: z.enum(["saved", "live", "overlay"]),
  status: z.enum(["passed", "failed", "cancelled"]),
  /** The first error, as the user should see it; null when the run passed. */
  error: z.string().nullable(),
  /** Later errors (of terminate, of shutdown) and things that went wrong without failing the run. */
  warnings: z.array(z.string()),
  startedAt: z.string(),
  durationMs: z.number().int().nonnegative(),
  /** In the order in which they were dealt with. */
  phases: z.array(PhaseResult),
});
export type RunResult = z.infer<typeof RunResult>;
