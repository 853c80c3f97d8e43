import { seconds } from "../../phases/lifecycle/limits";

/** Output of a step is shown at most so often at first; the longer it runs, the less often. */
const FIRST_PAUSE_MS = 1_000;
/** Share of the step's age that passes between two lines. */
const PAUSE_SHARE = 1 / 20;
/** A step that says nothing is mentioned after so long. */
const SILENCE_MS = 30_000;

/** Tells what a run does in lines that a person can follow; few enough for a run of hours. */
export class Progress {
  private phase = "";
  private step = "";
  private phaseSince = 0;
  private stepSince = 0;
  private shownAt = 0;
  private output: string | null = null;

  /**
   * @param write gets each line, without its end
   * @param now milliseconds, of a clock that never goes back
   */
  constructor(
    private readonly guest: string,
    private readonly write: (line: string) => void,
    private readonly now: () => number,
  ) {}

  phaseStarted(phase: string): void {
    this.enter(phase);
    this.stepStarted(phase, "");
  }

  /** A step may come outside of its phase: cleaning up behind an earlier run. */
  stepStarted(phase: string, step: string): void {
    if (phase !== this.phase) this.enter(phase);
    this.step = step;
    this.output = null;
    this.stepSince = this.now();
    if (step !== "") this.show(this.where());
  }

  phaseEnded(phase: string, status: string, reason: string, durationMs: number): void {
    const why = reason === "" ? "" : `: ${firstLineOf(reason)}`;
    const how = status === "skipped" ? `skipped${why}` : `${status} in ${seconds(durationMs)}${why}`;
    this.output = null;
    this.phase = "";
    this.show(`${phase}: ${how}`);
  }

  /** The newest line of output; shown by a later `tick`. */
  outputLine(line: string): void {
    this.output = line;
  }

  say(text: string): void {
    this.show(text);
  }

  /** To be called about once a second. */
  tick(): void {
    if (this.phase === "") return;
    const now = this.now();
    const pause = Math.max(FIRST_PAUSE_MS, (now - this.stepSince) * PAUSE_SHARE);
    const due = this.output === null ? Math.max(SILENCE_MS, pause) : pause;
    if (now - this.shownAt < due) return;
    const what = this.output === null ? "still running" : `| ${this.output}`;
    this.output = null;
    this.show(`${this.where()} (${seconds(now - this.phaseSince)}) ${what}`);
  }

  private enter(phase: string): void {
    this.phase = phase;
    this.phaseSince = this.now();
  }

  private where(): string {
    return this.step === "" ? this.phase : `${this.phase}: ${this.step}`;
  }

  private show(text: string): void {
    this.shownAt = this.now();
    this.write(`${this.guest} ${text}`);
  }
}

function firstLineOf(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
