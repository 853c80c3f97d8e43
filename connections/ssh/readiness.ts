import { setTimeout as delay } from "node:timers/promises";
import { steadyMs } from "../../definitions/steady-time";
import { ReadinessError, type ReadinessOptions } from "../guest-connection";
import { waitForCloudInit, type AskCloudInit } from "../guest/wait-for-cloud-init";
import { LinkLostError } from "../shell";
import type { BannerProbe } from "./banner";
import { waitForBanner, type BannerRhythm } from "./wait-for-banner";

/** What waiting for a guest needs of the way into it. */
export interface ReadinessParts {
  /** The guest's address for messages. */
  readonly where: string;
  readonly probe: BannerProbe;
  readonly rhythm: BannerRhythm;
  login(): Promise<void>;
  /** Breaks off a login under way. */
  breakOff(): Promise<void>;
  /** Undefined: guests of this kind have no cloud-init. */
  readonly cloudInit?: AskCloudInit;
}

/** Until the next login after one that failed: short at first, then longer. */
const LOGIN_PAUSES_MS = [50, 100, 200, 300] as const;

/**
 * Waits for the SSH banner, then a login, then cloud-init. The server of a resumed guest runs already: there the login
 * is the first thing that is tried. Errors as in `GuestConnection.waitUntilReady`.
 */
export async function waitForGuest(parts: ReadinessParts, options: ReadinessOptions): Promise<void> {
  const { mode, timeoutMs, resumed = false, signal, onWait } = options;
  if (mode === "none") return;
  const deadline = steadyMs() + timeoutMs;
  const left = (): number => Math.max(0, deadline - steadyMs());

  if (mode === "port" || !resumed) {
    onWait?.(`the SSH server at ${parts.where}`);
    const seen = await waitForBanner(parts.probe, parts.rhythm, timeoutMs, signal);
    if (seen !== null) throw new ReadinessError(`the SSH server at ${parts.where}`, timeoutMs, seen);
  }
  if (mode === "port") return;

  onWait?.(`a login at ${parts.where}`);
  await login(parts, left, timeoutMs, signal);
  if (parts.cloudInit !== undefined && !resumed) await waitForCloudInit(parts.cloudInit, deadline, options);
}

/** A server greets before it lets users in (a first boot makes accounts and keys): refusals are tried again. */
async function login(
  parts: ReadinessParts,
  left: () => number,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<void> {
  let lastSeen = "nothing yet";
  const limit = AbortSignal.timeout(left());
  const over = signal === undefined ? limit : AbortSignal.any([limit, signal]);
  const breakOff = (): void => void parts.breakOff();
  over.addEventListener("abort", breakOff, { once: true });
  try {
    for (let failed = 0; ; failed += 1) {
      try {
        await parts.login();
        return;
      } catch (error) {
        if (!(error instanceof LinkLostError)) throw error;
        signal?.throwIfAborted();
        if (limit.aborted) throw new ReadinessError(`a login at ${parts.where}`, timeoutMs, lastSeen);
        lastSeen = error.message;
      }
      const pause = LOGIN_PAUSES_MS[Math.min(failed, LOGIN_PAUSES_MS.length - 1)];
      await delay(pause, undefined, { signal: over }).catch(() => undefined);
    }
  } finally {
    over.removeEventListener("abort", breakOff);
  }
}
