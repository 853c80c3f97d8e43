import { z } from "zod";
import type { HypervisorHost } from "../host";
import type { Contact } from "./held-lease";
import type { LeaseHolder } from "./lease";
import { ProcessLines } from "./process-lines";
import type { LeaseTiming } from "./timing";

export const HolderRecord = z.object({
  runId: z.string(),
  description: z.string(),
  since: z.string(),
  stack: z.string().optional(),
  project: z.string().optional(),
});
/** How often a waiting caller is told again. */
const TELL_EVERY_MS = 10_000;

/** A process on the hypervisor that is talked to: bash. */
export interface HolderProcess {
  readonly script: string;
  /** For the process table. */
  readonly name: string;
  readonly args: readonly string[];
}

/** Starts such a process. @param what is held, for messages: `the lease of guest "one"` */
export function startContact(
  { shell }: Pick<HypervisorHost, "shell">,
  { script, name, args }: HolderProcess,
  what: string,
): Contact {
  const process = shell.start(["bash", "-c", script, name, ...args]);
  return { process, lines: new ProcessLines(process, `${what} on ${shell.description}`) };
}

/**
 * Starts the process that is to hold something, introduces the holder, and waits until it holds.
 *
 * @param untilHeld talks with the process
 * @throws what `untilHeld` throws, the signal's reason, or an Error saying why the hypervisor could not hold it.
 */
export async function hold<T>(
  host: Pick<HypervisorHost, "shell">,
  process: HolderProcess,
  { what, holder, signal }: { what: string; holder: LeaseHolder; signal: AbortSignal | undefined },
  untilHeld: (contact: Contact) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const contact = startContact(host, process, what);
  try {
    contact.lines.say(JSON.stringify(HolderRecord.parse(holder)));
    return await untilHeld(contact);
  } catch (error) {
    contact.process.kill();
    throw error;
  }
}

/** Milliseconds as whole seconds, for a parameter. */
export function wholeSeconds(ms: LeaseTiming["holdMs"]): string {
  return String(Math.ceil(ms / 1000));
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
