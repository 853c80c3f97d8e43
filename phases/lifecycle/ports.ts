import type { FilePhase, PhaseName } from "./phase-names";

/** What a snapshot should be, to count as the wanted one. */
export interface WantedSnapshot {
  readonly kind: "clean" | "init" | "checkpoint";
  /** `clean`, `{project}.{revision}.init`, or the name of a checkpoint. Built, never parsed. */
  readonly name: string;
  /** Null for `clean` and checkpoints of guests without a project. */
  readonly project: string | null;
  readonly revision: string | null;
  /** Content key, sha256 hex; null: the name alone decides (`cache: revision`). */
  readonly key: string | null;
  /** Stamped into the record when the snapshot is made. */
  readonly token: string;
}

/** What was found for a wanted snapshot. */
export type SnapshotVerdict =
  | {
      readonly state: "hit";
      readonly resumes: "memory" | "cold";
      readonly reason: string;
      readonly token: string;
    }
  | { readonly state: "miss" | "stale"; readonly reason: string };

/**
 * The snapshots and disks of one guest, on its hypervisor. All calls need the guest's lease. A call whose signal is
 * aborted ends what it has started, and begins nothing more; what it was doing may be half done then.
 */
export interface SnapshotStore {
  readonly strategy: "saved" | "live" | "overlay";
  /** State in which the guest has to be for `create`. */
  readonly takenWhile: "on" | "off";
  look(wanted: WantedSnapshot, signal?: AbortSignal): Promise<SnapshotVerdict>;
  /**
   * Puts the guest (which must be off) into the state of a snapshot, by the strategy in its record. With memory
   * the guest is on afterwards, else it is off with fresh overlays and has to be booted.
   * @throws Error when the snapshot cannot be restored; the guest is then off.
   */
  restore(name: string, signal?: AbortSignal): Promise<{ readonly resumed: "memory" | "cold" }>;
  /** Takes a snapshot; the guest goes on as it was. An older one of the name is replaced only when this one is complete. */
  create(wanted: WantedSnapshot, signal?: AbortSignal): Promise<void>;
  /**
   * `pristine`: no phase has touched the disks since they were laid fresh over the base image. `unfit`: a first boot
   * over them has not been seen to end well.
   */
  disksNow(signal?: AbortSignal): Promise<"pristine" | "touched" | "unfit">;
  /** Before a boot: where it is the first one of these disks (returned), they are unfit until `endFirstBoot`. */
  beginFirstBoot(signal?: AbortSignal): Promise<boolean>;
  /** The guest has become ready after its boot. */
  endFirstBoot(signal?: AbortSignal): Promise<void>;
  /** Records that a phase is about to touch the disks. */
  markTouched(signal?: AbortSignal): Promise<void>;
  /** Gives the guest (which must be off) fresh disks over the base image, and a seed for its first boot. */
  resetToBase(signal?: AbortSignal): Promise<void>;
  /** Ejects the seed medium and removes its file: what was secret in it stays nowhere. The drive stays. */
  removeSeed(signal?: AbortSignal): Promise<void>;
  /** Does of `settle` what can be done while the guest is still on: nothing that is in use is touched. */
  prepareSettle(signal?: AbortSignal): Promise<void>;
  /**
   * After a run, guest off: points the definition at a fresh overlay over `clean` (if there is one), keeps the
   * newest `keep` init snapshots of the project, removes files that nothing refers to.
   */
  settle(
    retention: { readonly project: string | null; readonly keep: number },
    signal?: AbortSignal,
  ): Promise<void>;
}

/** Power of one guest. Signals as of `SnapshotStore`. */
export interface GuestPower {
  state(signal?: AbortSignal): Promise<"on" | "off" | "missing">;
  /** Boots the guest. @throws when it cannot be started; the message says why (a port in use, no memory). */
  start(signal?: AbortSignal): Promise<void>;
  /** Asks the guest to shut down and waits; after `tries` x `delayMs` it is forced off. Tells which it was. */
  shutDown(
    options: { readonly tries: number; readonly delayMs: number },
    signal?: AbortSignal,
  ): Promise<"graceful" | "forced">;
  /** Powers the guest off at once. Fine when it is off already. */
  powerOff(signal?: AbortSignal): Promise<void>;
}

/** The running guest, as far as the lifecycle itself talks to it. */
export interface GuestAccess {
  /** @param resumed the guest has its memory of a moment when it was ready; default: it was booted. */
  waitUntilReady(signal: AbortSignal, onWait: (what: string) => void, resumed?: boolean): Promise<void>;
  /** Sets the clock and renews the random numbers of a guest that was restored. Returns what could not be done. */
  refresh(): Promise<readonly string[]>;
  syncFileSystems(signal?: AbortSignal): Promise<void>;
  drop(): Promise<void>;
  answers(timeoutMs: number): Promise<boolean>;
}

/** Result of the steps of one phase file. */
export type PhaseOutcome =
  | { readonly status: "none" }
  | { readonly status: "passed"; readonly skip: readonly PhaseName[] }
  | {
      readonly status: "failed";
      readonly reason: string;
      readonly exitCode: number | null;
      readonly lastLines: readonly string[];
      /** Phases that were taken out before it failed. Default: none. */
      readonly skip?: readonly PhaseName[];
    };

/** Runs phase files in the guest. */
export interface PhaseRunner {
  /** File that a phase would run, relative to the project's folder; null: none. */
  fileOf(phase: FilePhase): string | null;
  run(phase: FilePhase, signal: AbortSignal): Promise<PhaseOutcome>;
}

/** Told what the lifecycle does, as it does it. */
export interface LifecycleObserver {
  phaseStarted(phase: PhaseName): void;
  step(phase: PhaseName, text: string): void;
  phaseEnded(
    phase: PhaseName,
    status: "passed" | "failed" | "skipped" | "cancelled",
    reason: string,
    durationMs: number,
  ): void;
  warning(text: string): void;
}

export interface Clock {
  now(): Date;
  /** Resolves after `ms`, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
