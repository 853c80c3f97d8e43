import { z } from "zod";

/** What an update would do with one guest, as the program tells it to `guest-farm plan`. */
export const GuestPlan = z.object({
  guest: z.string(),
  hypervisor: z.string(),
  type: z.enum(["kvm", "qemu"]),
  /** Strategy of its snapshots, with the reason. */
  strategy: z.string(),
  /** State of the init snapshot (without a project: `off`); `unknown` until the base image or the hypervisor is known. */
  cache: z.enum(["hit", "miss", "stale", "off", "unknown"]),
  /** Phases that would act, in order; null: not known. */
  phases: z.array(z.string()).nullable(),
  /** Why, for a person to read: the line that the preview shows. */
  text: z.string(),
  lastRun: z
    .object({
      status: z.enum(["passed", "failed", "cancelled"]),
      /** ISO 8601, UTC. */
      finishedAt: z.string(),
      durationMs: z.number(),
    })
    .nullable(),
});
export type GuestPlan = z.infer<typeof GuestPlan>;

/** Environment variable that names the file into which the program writes the plan of all guests, as a JSON list. */
export const PLAN_FILE_VARIABLE = "GUEST_FARM_PLAN_FILE";
