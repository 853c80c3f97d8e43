import { setTimeout as delay } from "node:timers/promises";
import { steadyMs } from "../definitions/steady-time";
import { LIBVIRT_AWAY_AT_FIRST_MS, LIBVIRT_AWAY_MS } from "../definitions/time-limits";
import { seconds } from "../phases/lifecycle/limits";

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;
/** How often a wait is mentioned. */
const TELL_EVERY_MS = 15_000;

/** A clock that only goes forward. Milliseconds. */
export interface SteadyClock {
  now(): number;
  /** Rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<unknown>;
}

const STEADY_CLOCK: SteadyClock = {
  now: () => steadyMs(),
  sleep: (ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }),
};

/** How an attempt ended. */
export type Attempt<T> = { readonly value: T } | { readonly error: unknown };

/**
 * Repeats what libvirt did not answer, because its daemon was restarted or the link to it broke. All that a run asks
 * shares one patience: the time counts from the beginning of an outage, however many commands meet it.
 */
export class Patience {
  private hasAnswered = false;
  private awaySince: number | null = null;
  private toldAt = -Infinity;

  /**
   * @param machine for messages
   * @param say told what is waited for, at first and every 15 s
   */
  constructor(
    private readonly machine: string,
    private readonly say: (text: string) => void,
    private readonly clock: SteadyClock = STEADY_CLOCK,
  ) {}

  /**
   * @param whyAway why an attempt is worth another one; null: its outcome is an answer
   * @throws what the last attempt threw, or the signal's reason
   */
  async untilAnswered<T>(
    attempt: () => Promise<T>,
    whyAway: (outcome: Attempt<T>) => string | null,
    signal?: AbortSignal,
  ): Promise<T> {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      const began = this.clock.now();
      const outcome = await attempt().then(
        (value): Attempt<T> => ({ value }),
        (error: unknown): Attempt<T> => ({ error }),
      );
      signal?.throwIfAborted();
      const reason = whyAway(outcome);
      if (reason === null) this.noteAnswer(outcome);
      else if (this.hasTimeLeft(began, reason)) {
        await this.clock.sleep(pause, signal).catch((error: unknown) => {
          signal?.throwIfAborted();
          throw error;
        });
        continue;
      }
      if ("error" in outcome) throw outcome.error;
      return outcome.value;
    }
  }

  /** An error that is no outage, such as a file that is missing, says nothing about libvirt. */
  private noteAnswer(outcome: Attempt<unknown>): void {
    if ("error" in outcome) return;
    if (this.awaySince !== null) this.say(`libvirt on ${this.machine} answers again`);
    this.hasAnswered = true;
    this.awaySince = null;
    this.toldAt = -Infinity;
  }

  private hasTimeLeft(began: number, reason: string): boolean {
    this.awaySince ??= began;
    const now = this.clock.now();
    const limit = this.hasAnswered ? LIBVIRT_AWAY_MS : LIBVIRT_AWAY_AT_FIRST_MS;
    if (now - this.awaySince >= limit) return false;
    if (now - this.toldAt >= TELL_EVERY_MS) {
      this.toldAt = now;
      const waited = seconds(now - this.awaySince);
      this.say(
        `libvirt on ${this.machine} is away (${reason}); asking again (${waited} of ${seconds(limit)})`,
      );
    }
    return true;
  }
}
