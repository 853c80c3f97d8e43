import type { FilePhase, PhaseName } from "./phase-names";

/**
 * What is known of a snapshot: `memory` and `cold` are hits, by how the guest resumes from them. `unusable`: it was a
 * hit, but could not be restored. `off`: it is not used in this run.
 */
export type SnapshotState = "memory" | "cold" | "miss" | "stale" | "unusable" | "off";

export interface SnapshotFact {
  readonly state: SnapshotState;
  /** Why, for a person to read. */
  readonly reason: string;
}

/** All that a plan depends on. */
export interface LifecycleFacts {
  readonly hasProject: boolean;
  readonly allowed: ReadonlySet<PhaseName>;
  /** Phases that an earlier phase of this run took out, and which one did. */
  readonly takenOut: ReadonlyMap<PhaseName, PhaseName>;
  /** Phases that have a file. */
  readonly files: ReadonlySet<FilePhase>;
  readonly init: SnapshotFact;
  readonly clean: SnapshotFact;
  /** `unreachable`: on, but without an answer. */
  readonly power: "on" | "off" | "unreachable";
  /** Whether no phase has touched the guest's disks. */
  readonly pristine: boolean;
  /** The first boot of the guest's disks has not been seen to end well: nothing can be made of them. Default: false. */
  readonly unfit?: boolean;
  /** State in which the guest has to be while a snapshot is taken. */
  readonly takenWhile: "on" | "off";
  readonly powerOff: "auto" | "graceful";
  /** A guest that stays on after the run, whose disks hold what nobody can make again. Default: false. */
  readonly longLived?: boolean;
  /** A guest whose disks hold more than its phases have made, once init has passed. Default: false. */
  readonly livesOn?: boolean;
}

export function isHit(fact: SnapshotFact): boolean {
  return fact.state === "memory" || fact.state === "cold";
}
