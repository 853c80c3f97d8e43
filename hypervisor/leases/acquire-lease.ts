import { posix } from "node:path";
import type { GuestFiles } from "../guest-files";
import type { HypervisorHost } from "../host";
import { askWhileWaiting, hold, HolderRecord, holdSeconds, splitOnce } from "./hold";
import { HOLDER_SCRIPT } from "./holder-script";
import {
  type AcquireOptions,
  type Lease,
  LeaseHeldError,
  type LeaseHolder,
  NoGuestFolderError,
} from "./lease";
import type { ProcessLines } from "./process-lines";
import { LEASE_TIMING, type LeaseTiming } from "./timing";

/** Above the time for which the process tries before it answers that the lock is taken. */
const ROUND_MS = 5_000;

/**
 * Takes the lease of a guest on its hypervisor, waiting for another holder if need be. Controllers on other machines
 * and in other checkouts wait for each other as well: the lock is a file beside the guest's disks.
 *
 * @throws LeaseHeldError when somebody else held it for the whole wait.
 * @throws NoGuestFolderError when the guest has no folder on the hypervisor.
 * @throws the signal's reason, or an Error saying why the hypervisor could not hold it.
 */
export function acquireLease(
  host: Pick<HypervisorHost, "shell">,
  files: GuestFiles,
  options: AcquireOptions,
  timing: LeaseTiming = LEASE_TIMING,
): Promise<Lease> {
  const script = { text: HOLDER_SCRIPT, name: "guest-farm-lease", record: files.leaseHolder };
  return holdLease(host, files, options, timing, { ...script, more: [files.leaseShares] });
}

/** A process on the hypervisor that holds a lease as long as it is talked to. */
export interface LeaseScript {
  readonly text: string;
  /** For the process table. */
  readonly name: string;
  /** File in which it says who holds the lease. */
  readonly record: string;
  /** Its further parameters. */
  readonly more: readonly string[];
}

/** Starts the process that holds a lease, and waits until it does. @throws as `acquireLease`. */
export function holdLease(
  host: Pick<HypervisorHost, "shell">,
  files: GuestFiles,
  options: AcquireOptions,
  timing: LeaseTiming,
  { text: script, name, record, more }: LeaseScript,
): Promise<Lease> {
  const guest = posix.basename(files.folder);
  const { holder, signal } = options;
  const args = [files.lease, record, holdSeconds(timing), ...more];
  return hold(
    host,
    { script, name, args },
    {
      what: `the lease of guest "${guest}"`,
      holder,
      timing,
      signal,
      untilHeld: async (lines) => {
        const left = await waitForGrant(lines, guest, options, timing);
        lines.say("take");
        await lines.expect("held", timing.answerMs, signal);
        return left;
      },
    },
  );
}

/** Asks until the lock is ours; returns the holder that left it without giving it back. */
async function waitForGrant(
  lines: ProcessLines,
  guest: string,
  { waitMs, onWait, signal }: AcquireOptions,
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
