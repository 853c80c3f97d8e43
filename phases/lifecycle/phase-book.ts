import type { PhaseName } from "./phase-names";
import type { Clock, LifecycleObserver } from "./ports";
import type { PhaseResult } from "./result";

/** Keeps what happened to each phase, in the order in which they were dealt with, and tells the observer. */
export class PhaseBook {
  private readonly done: PhaseResult[] = [];
  private running: { readonly phase: PhaseName; readonly since: Date } | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly observer: LifecycleObserver,
  ) {}

  get results(): readonly PhaseResult[] {
    return this.done;
  }

  has(phase: PhaseName): boolean {
    return this.done.some((result) => result.name === phase);
  }

  get isRunning(): boolean {
    return this.running !== null;
  }

  skip(phase: PhaseName, reason: string): void {
    this.write(phase, this.clock.now(), "skipped", reason, null, 0);
  }

  start(phase: PhaseName): void {
    this.running = { phase, since: this.clock.now() };
    this.observer.phaseStarted(phase);
  }

  /** Ends the phase that was started last. */
  end(status: "passed" | "failed" | "cancelled", reason: string, exitCode: number | null = null): void {
    if (this.running === null) throw new Error("no phase is running");
    const { phase, since } = this.running;
    this.running = null;
    this.write(phase, since, status, reason, exitCode, this.clock.now().getTime() - since.getTime());
  }

  private write(
    name: PhaseName,
    since: Date,
    status: PhaseResult["status"],
    reason: string,
    exitCode: number | null,
    ms: number,
  ): void {
    // A clock that is set back during a run must not make a duration negative.
    const durationMs = Math.max(0, Math.round(ms));
    this.done.push({ name, status, reason, startedAt: since.toISOString(), durationMs, exitCode, log: null });
    this.observer.phaseEnded(name, status, reason, durationMs);
  }
}
