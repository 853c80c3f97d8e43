import type { RunningCommand } from "../../connections/shell";
import type { Lease, LeaseHolder } from "./lease";
import type { ProcessLines } from "./process-lines";
import type { LeaseTiming } from "./timing";

/** A lease that is held: beats until it is released or lost. */
export class HeldLease implements Lease {
  readonly lost: AbortSignal;
  private readonly loss = new AbortController();
  private readonly unanswered = new Map<number, Instant>();
  private answered: Instant = now();
  private beats = 0;
  private released: Promise<void> | undefined;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly process: RunningCommand,
    private readonly lines: ProcessLines,
    readonly abandoned: LeaseHolder | null,
    /** What is held, for messages: `the lease of guest "one"`. */
    private readonly what: string,
    private readonly timing: LeaseTiming,
  ) {
    this.lost = this.loss.signal;
    this.timer = setInterval(() => this.beat(), timing.beatMs);
    void this.listen();
  }

  release(): Promise<void> {
    this.released ??= this.giveBack();
    return this.released;
  }

  /** A release that does not get through is no error: the lock goes with the process. */
  private async giveBack(): Promise<void> {
    clearInterval(this.timer);
    this.lines.say("release");
    this.process.end();
    const late = setTimeout(() => this.process.kill(), this.timing.answerMs);
    await this.process.exited;
    clearTimeout(late);
  }

  private beat(): void {
    if (passedMs(this.answered) > this.timing.answerMs) {
      this.lose(`no beat was answered for ${this.timing.answerMs / 1000} s`);
      return;
    }
    this.beats += 1;
    this.unanswered.set(this.beats, now());
    this.lines.say(`beat ${this.beats}`);
  }

  private async listen(): Promise<void> {
    try {
      for (;;) {
        // Silence is noticed by the beats; the end of the process ends the lines.
        const line = await this.lines.next(MAX_TIMER_MS);
        const beat = /^alive (\d+)$/.exec(line)?.[1];
        if (beat !== undefined) this.accept(Number(beat));
      }
    } catch (error) {
      if (this.released === undefined) this.lose((error as Error).message);
    }
  }

  private accept(beat: number): void {
    const sent = this.unanswered.get(beat);
    if (sent === undefined) return;
    this.answered = sent;
    for (const earlier of this.unanswered.keys()) if (earlier <= beat) this.unanswered.delete(earlier);
  }

  private lose(why: string): void {
    clearInterval(this.timer);
    this.process.kill();
    this.loss.abort(new Error(`${this.what} was lost: ${why}`));
  }
}

/** Longest time that a timer of Node takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A moment on both clocks: the steady one stands still while the machine sleeps, the other can be set. */
interface Instant {
  readonly steady: number;
  readonly wall: number;
}

function now(): Instant {
  return { steady: performance.now(), wall: Date.now() };
}

/** Milliseconds since, by the clock that saw more. */
function passedMs(since: Instant): number {
  return Math.max(performance.now() - since.steady, Date.now() - since.wall);
}
