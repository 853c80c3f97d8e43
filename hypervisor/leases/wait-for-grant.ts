import { askWhileWaiting, HolderRecord, splitOnce } from "./hold";
import { type AcquireOptions, LeaseHeldError, type LeaseHolder, NoGuestFolderError } from "./lease";
import type { ProcessLines } from "./process-lines";
import type { LeaseTiming } from "./timing";

/** Above the time for which the process tries before it answers that the lock is taken. */
const ROUND_MS = 5_000;

/** Asks until the lock is ours; returns the holder that left it without giving it back. */
export async function waitForGrant(
  lines: ProcessLines,
  guest: string,
  { waitMs, onWait, signal }: Pick<AcquireOptions, "waitMs" | "onWait" | "signal">,
  timing: LeaseTiming,
): Promise<LeaseHolder | null> {
  const line = await askWhileWaiting(lines, {
    waitMs,
    answerMs: timing.holdMs + ROUND_MS,
    signal,
    onWait: (record, waitedMs) => onWait?.(parseHolder(record) ?? UNKNOWN_HOLDER, waitedMs),
    overdue: (record, waitedMs) => new LeaseHeldError(guest, parseHolder(record), waitedMs),
  });
  const [word, record] = splitOnce(line);
  if (word === "granted") return parseHolder(record);
  if (word === "missing") throw new NoGuestFolderError(guest);
  throw lines.unexpected(word);
}

const UNKNOWN_HOLDER: LeaseHolder = { runId: "", description: "somebody unknown", since: "" };

/** A record that cannot be read still says that somebody was there. */
function parseHolder(text: string): LeaseHolder | null {
  if (text.trim() === "") return null;
  try {
    return HolderRecord.parse(JSON.parse(text));
  } catch {
    return UNKNOWN_HOLDER;
  }
}
