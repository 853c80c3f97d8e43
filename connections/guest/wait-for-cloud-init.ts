import { setTimeout as delay } from "node:timers/promises";
import { steadyMs } from "../../definitions/steady-time";
import { ReadinessError, type ReadinessOptions } from "../guest-connection";
import { printableText } from "../printable";
import { CommandTimeoutError, LinkLostError } from "../shell";
import type { CloudInitVerdict } from "./cloud-init";

/** Asks a guest for cloud-init's verdict, which may take until cloud-init is done. */
export type AskCloudInit = (timeoutMs: number, signal?: AbortSignal) => Promise<CloudInitVerdict>;

const PAUSE_MS = 300;
/** The question itself takes that long in a slow guest. */
const SHORTEST_MS = 5_000;
/** Until the wait is told: most guests have no cloud-init, or are done. */
const TELL_AFTER_MS = 1_000;

/**
 * Waits until cloud-init is done, where there is one; disabled, or done with recoverable errors, counts.
 *
 * @param deadline as of `steadyMs()`.
 * @throws Error with cloud-init's own words when it failed, ReadinessError when it takes too long.
 */
export async function waitForCloudInit(
  ask: AskCloudInit,
  deadline: number,
  { timeoutMs, signal, onWait }: ReadinessOptions,
): Promise<void> {
  const waited = "cloud-init (`cloud-init status --wait`)";
  const telling = setTimeout(() => onWait?.("cloud-init"), TELL_AFTER_MS);
  try {
    for (;;) {
      try {
        const verdict = await ask(Math.max(deadline - steadyMs(), SHORTEST_MS), signal);
        if (verdict.state === "failed") {
          throw new Error(`cloud-init failed in the guest: ${printableText(verdict.reason)}`);
        }
        const warnings = printableText(verdict.warnings.join("; "));
        if (warnings !== "") onWait?.(`cloud-init is done, with warnings: ${warnings}`);
        return;
      } catch (error) {
        if (error instanceof CommandTimeoutError) throw new ReadinessError(waited, timeoutMs, "it still ran");
        // cloud-init restarts SSH servers.
        if (!(error instanceof LinkLostError)) throw error;
        if (steadyMs() > deadline) throw new ReadinessError(waited, timeoutMs, error.message);
        await delay(PAUSE_MS, undefined, signal === undefined ? {} : { signal });
      }
    }
  } finally {
    clearTimeout(telling);
  }
}
