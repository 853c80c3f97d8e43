import type { ArrivalLimits } from "../../connections/arrivals/limits";
import type { GuestConnection } from "../../connections/guest-connection";
import type { CommandResult, ShellCommand } from "../../connections/shell";
import type { Clock } from "../lifecycle/ports";
import type { FilePhase } from "../lifecycle/phase-names";

/** Runs programs on the controller. `Shell` of the connections fits. */
export interface LocalCommands {
  run(command: ShellCommand): Promise<CommandResult>;
}

/** A project's own snapshots of the guest. */
export interface Checkpoints {
  /** Takes a checkpoint of the running guest, file systems synced; the guest goes on. */
  create(name: string, signal: AbortSignal): Promise<void>;
  /**
   * Puts the guest back into a checkpoint of this run. When it settles the guest runs, is ready, and has the right
   * time.
   * @throws Error when there is no such checkpoint.
   */
  restore(name: string, signal: AbortSignal): Promise<void>;
}

/** What a phase tells while it runs. Calls are synchronous: what is not kept costs no memory. */
export interface StepLog {
  /** `number` of `count`, 1-based. */
  stepStarted(phase: FilePhase, step: { number: number; count: number; name: string }): void;
  /** Output of the step, secrets masked. */
  output(phase: FilePhase, stream: "stdout" | "stderr", chunk: Buffer): void;
  /** A remark on the running step: a skip and its reason, a retry, what is being waited for. */
  note(phase: FilePhase, text: string): void;
  stepEnded(
    phase: FilePhase,
    step: { number: number; count: number; name: string },
    status: "passed" | "failed" | "skipped",
    durationMs: number,
  ): void;
}

export interface StepPorts {
  readonly connection: GuestConnection;
  readonly local: LocalCommands;
  readonly checkpoints: Checkpoints;
  readonly log: StepLog;
  readonly clock: Clock;
  /** Absolute folder on the controller that `fetch` writes into; made when needed. */
  readonly artifactsFolder: string;
  /** What one `fetch` may bring; default: `DEFAULT_ARRIVAL_LIMITS`. */
  readonly fetchLimits?: ArrivalLimits;
  readonly runId: string;
  /** Names of the guest's snapshots, for `run.snapshots`; asked when a phase begins that names them. Default: none. */
  readonly snapshotNames?: () => Promise<readonly string[]>;
  /** Time limit of a step that names none, milliseconds. */
  readonly stepTimeoutMs: number;
  /** How long a rebooting guest may take until it is ready again, unless the step says more. */
  readonly readiness: { readonly mode: "login" | "port" | "none"; readonly timeoutMs: number };
  /** How many of the last lines of a failing step are reported; default 40. */
  readonly lastLines?: number;
}
