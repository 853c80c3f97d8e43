import type { PhaseName } from "./phase-names";

/** Settings of one guest, explained in `docs/settings.md`. Times in seconds. */
export interface GuestSettings {
  readonly readiness: { readonly mode: "login" | "port" | "none"; readonly timeout: number };
  readonly shutdown: { readonly tries: number; readonly delay: number };
  readonly onSnapshotError: "continue" | "fail";
  readonly powerOff: "auto" | "graceful";
  readonly snapshots: "auto" | "saved" | "live" | "overlay";
  readonly cache: "content" | "revision" | "off";
  readonly keep: number;
  readonly allowedPhases: PhaseName[];
  readonly leaseTimeout: number;
  /** Whether a network of somebody else that is off is started with the guest. */
  readonly startNetworks: boolean;
  readonly phaseTimeout: number;
  /** MiB of output that the log of a phase file holds; default 64. */
  readonly logLimit?: number;
  /** What one `fetch` may bring: MiB, default 4096, and files, default 100000. */
  readonly fetchLimit?: { readonly size?: number | undefined; readonly files?: number | undefined };
}

/** Settings as one level of the farm gives them. */
export type PartialSettings = {
  readonly [K in keyof GuestSettings]?:
    | (GuestSettings[K] extends readonly unknown[] | string | number | boolean
        ? GuestSettings[K]
        : Partial<GuestSettings[K]>)
    | undefined;
};
