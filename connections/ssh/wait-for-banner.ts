import { setTimeout as delay } from "node:timers/promises";
import { steadyMs } from "../../definitions/steady-time";
import type { BannerProbe, BannerSeen } from "./banner";

/**
 * How the port is looked at, at the beginning; times in milliseconds. A slow guest is given more time, in proportion to
 * how long it has been waited for: every connection costs its SSH server a process, and one that is asked faster than
 * it can greet never greets anybody.
 */
export interface BannerRhythm {
  /** Until the next look after one that ended at once. */
  readonly pauseMs: number;
  /** Until the next look while others still hang: a packet lost in a booting guest is not sent again for long. */
  readonly overlapMs: number;
  /** Until a hanging look is given up. */
  readonly patienceMs: number;
}

/** Parts of the time waited so far: the least between two looks that hang, and the patience of one. */
const OVERLAP_SHARE = 0.1;
const PATIENCE_SHARE = 0.5;

export const LOCAL_RHYTHM: BannerRhythm = { pauseMs: 50, overlapMs: 250, patienceMs: 2_500 };
/** Through another machine each look costs a process. */
export const FORWARDED_RHYTHM: BannerRhythm = { pauseMs: 500, overlapMs: 2_000, patienceMs: 8_000 };

/**
 * Looks at a port again and again until an SSH server greets.
 * @returns null when one has greeted, else what was seen last.
 */
export async function waitForBanner(
  probe: BannerProbe,
  rhythm: BannerRhythm,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<string | null> {
  const started = steadyMs();
  const deadline = started + timeoutMs;
  const over = new AbortController();
  const both = signal === undefined ? over.signal : AbortSignal.any([over.signal, signal]);
  let lastSeen = "nothing yet";
  let found: () => void = () => undefined;
  const success = new Promise<"greeted">((resolve) => (found = () => resolve("greeted")));
  try {
    for (;;) {
      signal?.throwIfAborted();
      const left = deadline - steadyMs();
      if (left <= 0) return lastSeen;
      const waited = steadyMs() - started;
      const patience = Math.max(rhythm.patienceMs, waited * PATIENCE_SHARE);
      const overlap = Math.max(rhythm.overlapMs, waited * OVERLAP_SHARE);
      const look = probe(Math.min(patience, left), both).then((seen: BannerSeen) => {
        if (seen.ok) found();
        else lastSeen = seen.seen;
        return "looked" as const;
      });
      const outcome = await Promise.race([success, look, delay(Math.min(overlap, left), "hangs" as const)]);
      if (outcome === "looked") {
        const settled = await Promise.race([
          success,
          delay(Math.min(rhythm.pauseMs, left), "pause" as const),
        ]);
        if (settled === "greeted") return null;
      }
      if (outcome === "greeted") return null;
    }
  } finally {
    over.abort();
  }
}
