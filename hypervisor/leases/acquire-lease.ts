import { posix } from "node:path";
import { z } from "zod";
import type { GuestFiles } from "../guest-files";
import type { HypervisorHost } from "../host";
import { HeldLease } from "./held-lease";
import { HOLDER_SCRIPT } from "./holder-script";
import {
  type AcquireOptions,
  type Lease,
  LeaseHeldError,
  type LeaseHolder,
  NoGuestFolderError,
} from "./lease";
import { ProcessLines } from "./process-lines";
import { LEASE_TIMING, type LeaseTiming } from "./timing";

const HolderRecord = z.object({ runId: z.string(), description: z.string(), since: z.string() });
/** Above the time for which the process tries before it answers that the lock is taken. */
const ROUND_MS = 5_000;
/** How often a waiting caller is told again. */
const TELL_EVERY_MS = 10_000;

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
export async function holdLease(
  host: Pick<HypervisorHost, "shell">,
  files: GuestFiles,
  options: AcquireOptions,
  timing: LeaseTiming,
  script: LeaseScript,
): Promise<Lease> {
  options.signal?.throwIfAborted();
  const guest = posix.basename(files.folder);
  const holdSeconds = String(Math.ceil(timing.holdMs / 1000));
  const process = host.shell.start([
    "bash",
    "-c",
    script.text,
    script.name,
    files.lease,
    script.record,
    holdSeconds,
    ...script.more,
  ]);
  const lines = new ProcessLines(process, `the lease of guest "${guest}" on ${host.shell.description}`);
  try {
    const { runId, description, since } = options.holder;
    lines.say(JSON.stringify({ runId, description, since }));
    const left = await waitForGrant(lines, guest, options, timing);
    lines.say("take");
    await lines.expect("held", timing.answerMs, options.signal);
    return new HeldLease(process, lines, left, guest, timing);
  } catch (error) {
    process.kill();
    throw error;
  }
}

/** Asks until the lock is ours; returns the holder that left it without giving it back. */
async function waitForGrant(
  lines: ProcessLines,
  guest: string,
  options: AcquireOptions,
  timing: LeaseTiming,
): Promise<LeaseHolder | null> {
  const start = performance.now();
  let toldAt = -Infinity;
  for (;;) {
    const [word, record] = splitOnce(await lines.next(timing.holdMs + ROUND_MS, options.signal));
    if (word === "granted") return parseHolder(record);
    if (word === "missing") throw new NoGuestFolderError(guest);
    if (word !== "waiting") throw lines.unexpected(word);
    const holder = parseHolder(record);
    const waitedMs = Math.round(performance.now() - start);
    if (waitedMs >= options.waitMs) throw new LeaseHeldError(guest, holder, waitedMs);
    if (waitedMs - toldAt >= TELL_EVERY_MS) {
      options.onWait?.(holder ?? UNKNOWN_HOLDER, waitedMs);
      toldAt = waitedMs;
    }
    lines.say("again");
  }
}

const UNKNOWN_HOLDER: LeaseHolder = { runId: "", description: "somebody unknown", since: "" };

function splitOnce(line: string): readonly [word: string, rest: string] {
  const space = line.indexOf(" ");
  return space < 0 ? [line, ""] : [line.slice(0, space), line.slice(space + 1)];
}

/** A record that cannot be read still says that somebody was there. */
function parseHolder(text: string): LeaseHolder | null {
  if (text.trim() === "") return null;
  try {
    return HolderRecord.parse(JSON.parse(text));
  } catch {
    return UNKNOWN_HOLDER;
  }
}
