import type { AcquireOptions, Lease } from "../../hypervisor/leases/lease";
import type { SlotOptions } from "../../hypervisor/slots/acquire-slot";
import type { LifecyclePorts } from "../../phases/lifecycle/input";
import type { RunResult } from "../../phases/lifecycle/result";
import type { StepLog } from "../../phases/steps/ports";
import type { LifecycleSpec } from "./spec";

/** What the rooms need to know of a run. */
export interface RoomContext {
  readonly runId: string;
  /** Folder of the run on the controller, absolute. */
  readonly folder: string;
  readonly log: StepLog & { say(text: string): void };
}

/** Summary of a run, kept beside the guest's disks, where every controller finds it. */
export interface LastRun {
  readonly runId: string;
  readonly inputsDigest: string;
  readonly status: RunResult["status"];
  /** ISO 8601. */
  readonly finishedAt: string;
  readonly durationMs: number;
  /** What told this run from others with the same inputs. */
  readonly runNonce?: string;
}

/** What drives the guest, and what the user has to know of it; both become part of the run. */
export type OpenedPorts = Omit<LifecyclePorts, "observer" | "clock"> & {
  readonly warnings: readonly string[];
};

/** The rooms that one run works with, behind the interfaces that it needs. */
export interface RunRooms {
  acquireLease(options: AcquireOptions): Promise<Lease>;
  /** Takes room on a hypervisor with limits, once the lease is held; it is given back with the lease. */
  acquireSlot(options: SlotOptions): Promise<void>;
  /**
   * Looks at the guest and gives what drives it; to be called and used only while the lease is held.
   * @throws UserError for a strategy that the guest cannot have, or an Error that says what could not be asked.
   */
  openPorts(): Promise<OpenedPorts>;
  writeLastRun(summary: LastRun): Promise<void>;
  /** Closes every connection. */
  close(): Promise<void>;
}

/**
 * Opens the rooms of a run: reads the phase files, reaches the hypervisor.
 * @throws UserError for a mistake in a phase file, or an Error that says what could not be reached.
 */
export type OpenRooms = (spec: LifecycleSpec, context: RoomContext) => Promise<RunRooms>;
