import type { PhaseName } from "./phase-names";
import type {
  Clock,
  GuestAccess,
  GuestPower,
  LifecycleObserver,
  PhaseRunner,
  SnapshotStore,
  WantedSnapshot,
} from "./ports";

/** What one run of one guest is asked to do, as plain data. Times in milliseconds. */
export interface LifecycleInput {
  readonly runId: string;
  readonly guest: string;
  readonly hypervisor: string;
  readonly project: { readonly id: string; readonly revision: string } | null;
  readonly clean: WantedSnapshot;
  /** Null for a guest without a project. */
  readonly init: WantedSnapshot | null;
  readonly allowed: readonly PhaseName[];
  /** Whether init snapshots are used at all. */
  readonly cache: boolean;
  readonly onSnapshotError: "continue" | "fail";
  readonly powerOff: "auto" | "graceful";
  /** Stays on after the run, and its disks are never laid fresh. Default: false. */
  readonly longLived?: boolean;
  /** Goes off after the run, but its disks live on once init has passed: nothing is restored over them. Default: false. */
  readonly livesOn?: boolean;
  /** Whether a running guest can be asked for an answer; false with `readiness: none`. */
  readonly canBeAsked: boolean;
  readonly shutdown: { readonly tries: number; readonly delayMs: number };
  /** How many init snapshots of the project are kept. */
  readonly keep: number;
  readonly limits: LifecycleLimits;
}

export interface LifecycleLimits {
  /** One phase file, all its steps. */
  readonly phaseMs: number;
  /** Until the guest answers after a boot or a restore. The port keeps this limit; here it is only the last resort. */
  readonly readinessMs: number;
  /** The whole run, without terminate and shutdown: these have their own limits and always run. */
  readonly runMs: number;
}

/** All that the lifecycle acts on. */
export interface LifecyclePorts {
  readonly power: GuestPower;
  readonly snapshots: SnapshotStore;
  readonly access: GuestAccess;
  readonly phases: PhaseRunner;
  readonly observer: LifecycleObserver;
  readonly clock: Clock;
}

/** Two ways to end a run early. The reason of each is an Error that says why. */
export interface LifecycleSignals {
  /** Stops the running phase; terminate and shutdown still run. */
  readonly cancel: AbortSignal;
  /** The lease is gone and somebody else may drive the guest: nothing more is done. */
  readonly lost: AbortSignal;
}
