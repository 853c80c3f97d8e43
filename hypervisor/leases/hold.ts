import { z } from "zod";
import type { HypervisorHost } from "../host";
import { HeldLease } from "./held-lease";
import type { LeaseHolder } from "./lease";
import { ProcessLines } from "./process-lines";
import type { LeaseTiming } from "./timing";

export const HolderRecord = z.object({ runId: z.string(), description: z.string(), since: z.string() });
/** How often a waiting caller is told again. */
const TELL_EVERY_MS = 10_000;

/** A process on the hypervisor that holds something as long as it is talked to: bash. */
export interface HolderProcess {
  readonly script: string;
  /** For the process table. */
  readonly name: string;
  readonly args: readonly string[];
}

export interface HoldOptions {
  /** What is held, for messages: `the lease of guest "one"`. */
  readonly what: string;
  readonly holder: LeaseHolder;
  readonly timing: LeaseTiming;
  readonly signal: AbortSignal | undefined;
  /** Talks with the process until it holds; returns the holder that left without giving back. */
  readonly untilHeld: (lines: ProcessLines) => Promise<LeaseHolder | null>;
}

/**
 * Starts the process that holds something, and waits until it does.
 *
 * @throws what `untilHeld` throws, the signal's reason, or an Error saying why the hypervisor could not hold it.
 */
export async function hold(
  { shell }: Pick<HypervisorHost, "shell">,
  { script, name, args }: HolderProcess,
  { what, holder, timing, signal, untilHeld }: HoldOptions,
): Promise<HeldLease> {
  signal?.throwIfAborted();
  const process = shell.start(["bash", "-c", script, name, ...args]);
  const lines = new ProcessLines(process, `${what} on ${shell.description}`);
  try {
    const { runId, description, since } = holder;
    lines.say(JSON.stringify({ runId, description, since }));
    return new HeldLease(process, lines, await untilHeld(lines), what, timing);
  } catch (error) {
    process.kill();
    throw error;
  }
}

/** The seconds that a process holds without a beat, as its parameter. */
export function holdSeconds({ holdMs }: LeaseTiming): string {
  return String(Math.ceil(holdMs / 1000));
}

export interface Wait {
  /** Milliseconds to wait for others. */
  readonly waitMs: number;
  /** Milliseconds after which one answer has to be there. */
  readonly answerMs: number;
  readonly signal: AbortSignal | undefined;
  /** Told who is waited for, as the process said it, at first and again every 10 s. */
  readonly onWait: (record: string, waitedMs: number) => void;
  readonly overdue: (record: string, waitedMs: number) => Error;
}

/** Asks as long as the answer is to wait; returns the first other one. @throws what `overdue` gives, after `waitMs`. */
export async function askWhileWaiting(
  lines: ProcessLines,
  { waitMs, answerMs, signal, onWait, overdue }: Wait,
): Promise<string> {
  const start = performance.now();
  let toldAt = -Infinity;
  for (;;) {
    const line = await lines.next(answerMs, signal);
    const [word, record] = splitOnce(line);
    if (word !== "waiting") return line;
    const waitedMs = Math.round(performance.now() - start);
    if (waitedMs >= waitMs) throw overdue(record, waitedMs);
    if (waitedMs - toldAt >= TELL_EVERY_MS) {
      onWait(record, waitedMs);
      toldAt = waitedMs;
    }
    lines.say("again");
  }
}

/** The first word of a line, and the rest of it. */
export function splitOnce(line: string): readonly [word: string, rest: string] {
  const space = line.indexOf(" ");
  return space < 0 ? [line, ""] : [line.slice(0, space), line.slice(space + 1)];
}
