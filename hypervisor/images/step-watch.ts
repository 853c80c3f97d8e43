import type { ImageObserver } from "./observer";

/** How long nothing may be shown while work goes on. */
const SILENCE_MS = 10_000;
/** New output is shown this soon at first; the longer a step runs, the less often. */
const FIRST_PAUSE_MS = 1_000;
const PAUSE_SHARE = 1 / 20;
/** A row of the display has not more room. */
const MAX_LENGTH = 120;

/**
 * Shows that work goes on: which step it is at, for how long, and what it printed last. Without it, a step of many
 * minutes looks as if it hung.
 */
export class StepWatch implements ImageObserver {
  private step = "";
  private since: number;
  private shownAt: number;
  private line: string | null = null;
  private isNew = false;

  /** @param now milliseconds, of a clock that never goes back */
  constructor(
    private readonly shown: ImageObserver,
    private readonly now: () => number,
  ) {
    this.since = this.shownAt = now();
  }

  /** A step begins. */
  progress(text: string): void {
    this.step = text;
    this.scriptEnded();
    this.since = this.now();
    this.show(text);
  }

  warning(text: string): void {
    this.shown.warning(text);
  }

  /** A line that the step printed. */
  output(line: string): void {
    // What a terminal would have overwritten, and its colours, are not for this display.
    // eslint-disable-next-line no-control-regex -- exactly those
    const plain = line.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "").replace(/[\u0000-\u0008\u000b-\u001f]+$/, "");
    const text = plain.slice(plain.lastIndexOf("\r") + 1).trim();
    if (text === "") return;
    this.line = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}...` : text;
    this.isNew = true;
  }

  /** What it printed last may have been its result, which is not for people. */
  scriptEnded(): void {
    this.line = null;
    this.isNew = false;
  }

  /** To be called about once a second. */
  tick(): void {
    if (this.step === "") return;
    const age = this.now() - this.since;
    const pause = Math.min(SILENCE_MS, Math.max(FIRST_PAUSE_MS, age * PAUSE_SHARE));
    if (this.now() - this.shownAt < (this.isNew ? pause : SILENCE_MS)) return;
    this.isNew = false;
    const last = this.line === null ? "" : ` | ${this.line}`;
    this.show(`${this.step} (${Math.floor(age / 1000)} s)${last}`);
  }

  private show(text: string): void {
    this.shownAt = this.now();
    this.shown.progress(text);
  }
}
