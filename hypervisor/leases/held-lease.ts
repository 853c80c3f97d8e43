import type { RunningCommand } from "../../connections/shell";
import type { FencedLease, LeaseHolder, ReleaseOptions } from "./lease";
import type { ProcessLines } from "./process-lines";
import type { LeaseTiming } from "./timing";

/** A process on the hypervisor through which the keeper of a lease is talked to. */
export interface Contact {
  readonly process: RunningCommand;
  readonly lines: ProcessLines;
}

export interface HeldLeaseOptions {
  /** The contact by which the lease was taken. */
  readonly contact: Contact;
  /** Starts another one, after that one was lost. It answers `attached` or `lost`. */
  readonly attach: () => Contact;
  readonly abandoned: LeaseHolder | null;
  readonly fence: string;
  /** What is held, for messages: `the lease of guest "one"`. */
  readonly what: string;
  readonly timing: LeaseTiming;
}

/**
 * A lease that is held: beats until it is released or lost. A contact that ends or does not answer is replaced by
 * another: the keeper alone decides whether the lease is still ours.
 */
export class HeldLease implements FencedLease {
  readonly lost: AbortSignal;
  readonly abandoned: LeaseHolder | null;
  readonly fence: string;
  private readonly loss = new AbortController();
  private contact: Contact | null;
  private readonly unanswered = new Map<number, Instant>();
  private answered: Instant = now();
  private beats = 0;
  private released: Promise<void> | undefined;
  private over = false;
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly options: HeldLeaseOptions) {
    this.lost = this.loss.signal;
    this.abandoned = options.abandoned;
    this.fence = options.fence;
    this.contact = options.contact;
    this.timer = setInterval(() => this.beat(), options.timing.beatMs);
    void this.listen(options.contact);
  }

  release(options: ReleaseOptions = {}): Promise<void> {
    this.released ??= this.giveBack(options.leaveOn === true ? "release on" : "release");
    return this.released;
  }

  /** A release that does not get through is no error: the keeper hears no more beats. */
  private async giveBack(word: string): Promise<void> {
    clearInterval(this.timer);
    const over = performance.now() + this.options.timing.answerMs;
    while (this.contact === null && !this.over && performance.now() < over) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    const { contact } = this;
    if (contact === null) return;
    contact.lines.say(word);
    const late = setTimeout(() => contact.process.kill(), this.options.timing.answerMs);
    await contact.process.exited;
    clearTimeout(late);
  }

  private beat(): void {
    const { contact } = this;
    if (contact === null) return;
    if (passedMs(this.answered) > this.options.timing.answerMs) {
      contact.process.kill();
      void this.reconnect(contact);
      return;
    }
    this.beats += 1;
    this.unanswered.set(this.beats, now());
    contact.lines.say(`beat ${this.beats}`);
  }

  private async listen(contact: Contact): Promise<void> {
    try {
      for (;;) {
        // Silence is noticed by the beats; the end of the process ends the lines.
        const line = await contact.lines.next(MAX_TIMER_MS);
        if (line === "lost") {
          this.lose("its keeper has taken it back, or has ended");
          return;
        }
        const beat = /^alive (\d+)$/.exec(line)?.[1];
        if (beat !== undefined) this.accept(Number(beat));
      }
    } catch {
      await this.reconnect(contact);
    }
  }

  /** Finds another way to the keeper, until it answers, or has to have acted without us. */
  private async reconnect(gone: Contact): Promise<void> {
    if (this.contact !== gone || this.released !== undefined) return;
    this.contact = null;
    this.unanswered.clear();
    const { attach, timing } = this.options;
    const since = performance.now();
    let why = "";
    while (!this.over && performance.now() - since < timing.orphanMs + timing.holdMs) {
      const contact = attach();
      const sent = now();
      try {
        const line = await contact.lines.next(timing.answerMs);
        if (line !== "attached") {
          this.lose("its keeper has taken it back, or has ended");
          return;
        }
        this.contact = contact;
        this.answered = sent;
        void this.listen(contact);
        return;
      } catch (error) {
        contact.process.kill();
        why = (error as Error).message;
      }
      await new Promise((resolve) => setTimeout(resolve, timing.beatMs));
    }
    this.lose(why);
  }

  private accept(beat: number): void {
    const sent = this.unanswered.get(beat);
    if (sent === undefined) return;
    this.answered = sent;
    for (const earlier of this.unanswered.keys()) if (earlier <= beat) this.unanswered.delete(earlier);
  }

  private lose(why: string): void {
    this.over = true;
    if (this.released !== undefined) return;
    clearInterval(this.timer);
    this.contact?.process.kill();
    this.loss.abort(new Error(`${this.options.what} was lost: ${why}`));
  }
}

/** Longest time that a timer of Node takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const LOOK_EVERY_MS = 50;

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
