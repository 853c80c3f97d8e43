import { setTimeout as delay } from "node:timers/promises";
import { steadyMs } from "../../definitions/steady-time";
import { ReadinessError } from "../../connections/guest-connection";
import { openShell } from "../../connections/open";
import { CommandTimeoutError, LinkLostError } from "../../connections/shell";
import type { GuestHostSpec } from "../spec";

const PAUSE_MS = 1_000;
/** One question: the first one starts libvirt, which then asks every emulator what it can. */
const QUESTION_MS = 120_000;

export interface AnswerLimits {
  /** As `steadyMs()`. */
  readonly deadline: number;
  /** What the deadline allows in all, for messages. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Asks libvirt of a guest that has just started, again and again, until it answers.
 *
 * @throws ReadinessError with its last words; HostKeyError; the signal's reason.
 */
export async function untilLibvirtAnswers(
  connection: GuestHostSpec,
  uri: string,
  { deadline, timeoutMs, signal }: AnswerLimits,
): Promise<void> {
  const shell = openShell(connection);
  const argv = ["virsh", "-c", uri, "list", "--name"];
  try {
    for (;;) {
      const seen = await ask();
      if (seen === null) return;
      if (steadyMs() >= deadline) {
        throw new ReadinessError(`libvirt (${uri}) of guest "${connection.guest}"`, timeoutMs, seen);
      }
      await delay(PAUSE_MS, undefined, { signal });
    }
  } finally {
    await shell.close();
  }

  async function ask(): Promise<string | null> {
    try {
      const { exitCode, stderr } = await shell.run({ argv, timeoutMs: QUESTION_MS, signal });
      return exitCode === 0 ? null : stderr.trim();
    } catch (error) {
      if (error instanceof LinkLostError || error instanceof CommandTimeoutError) return error.message;
      throw error;
    }
  }
}
