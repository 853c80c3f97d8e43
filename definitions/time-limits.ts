/**
 * How long the commands of a run may take, and from that how long the work may take that they are part of. Outer limits
 * are sums of inner ones: work that is given up while a command inside it may still act would meet what comes next.
 * Milliseconds.
 */

/** One command. The code that runs it takes its limit from here. */
export const COMMAND_LIMITS = {
  /** A program on the hypervisor's host. */
  program: 60_000,
  /** A question to libvirt, or a change of a definition. */
  virsh: 60_000,
  /** Starting maps memory and may preallocate it. */
  start: 120_000,
  /** Stopping hard waits for QEMU to write what it holds. */
  stop: 60_000,
  /** Memory is written to a file, or read from one. */
  memory: 900_000,
  /** A slow disk writes gigabytes of memory. */
  flush: 900_000,
  copy: 600_000,
  remove: 300_000,
  /** A whole image is read, where it is checked in full. */
  hash: 3_600_000,
  /** Inside the guest. */
  sync: 300_000,
  /** Inside the guest: clock, logs. */
  housekeeping: 60_000,
} as const;

/** How long libvirt may stay away in the middle of a run, and before it has answered for the first time. */
export const LIBVIRT_AWAY_MS = 300_000;
export const LIBVIRT_AWAY_AT_FIRST_MS = 30_000;

/** The last attempt may begin when the time is nearly over; a command that is ended takes a moment. */
const MARGIN_MS = 30_000;

const { program, virsh, start, stop, memory, flush, copy, remove, hash, sync, housekeeping } = COMMAND_LIMITS;

/** One look at all that is there for a guest: one script. */
const inventory = program;
/** Fresh overlays: the base is verified, its size asked, then all are made; taken back if that fails. */
const layer = 3 * program + remove;
/** What a snapshot that failed has left is looked at and removed, or a definition put back. */
const cleanup = inventory + stop + virsh + remove;

/** Sums of the commands that each piece of work may run one after the other, as if each took all of its time. */
export const WORK_SUMS = {
  look: virsh,
  powerOff: 2 * (stop + virsh),
  /** A saved state is read first, where there is one and the guest's disks live on. */
  start: virsh + memory + start,
  /** Per try to shut down, its own wait apart. */
  shutDownTry: 2 * virsh,
  inventory: inventory + virsh,
  resetToBase: inventory + virsh + hash + layer + copy + program + virsh,
  seed: inventory + 2 * virsh + remove,
  mark: inventory + program,
  restore: inventory + virsh + layer + virsh + copy + virsh + memory + virsh + program + cleanup,
  create: inventory + 3 * program + copy + layer + memory + virsh + 2 * flush + 2 * program + cleanup,
  settle: inventory + virsh + 40 * remove + layer + copy + virsh + memory,
  sync,
  clock: housekeeping,
  /** Beyond the time for readiness: a last question to cloud-init, its log, and the end of what hangs. */
  beyondReadiness: 2 * housekeeping,
} as const;

/** What the state machine allows each piece of work: the sum, an outage of libvirt, and a moment. */
export const WORK_LIMITS = Object.fromEntries(
  Object.entries(WORK_SUMS).map(([work, sum]) => [work, sum + LIBVIRT_AWAY_MS + MARGIN_MS]),
) as { readonly [Work in keyof typeof WORK_SUMS]: number };

/** Graceful shutdown with its forced end. */
export function shutDownLimit({
  tries,
  delayMs,
}: {
  readonly tries: number;
  readonly delayMs: number;
}): number {
  return tries * (delayMs + WORK_SUMS.shutDownTry) + WORK_LIMITS.powerOff;
}

/** A timer of Node that should last longer ends at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * A run without a limit of its own: every phase file and every wait for the guest at their limits, and what lies
 * between them.
 */
export function runLimit(phases: number, phaseMs: number, readinessMs: number): number {
  // Two restores; startup; both snapshots, with the guest off and started again for each.
  const waits = 5 * (readinessMs + WORK_LIMITS.beyondReadiness);
  const snapshots = 2 * (WORK_LIMITS.restore + WORK_LIMITS.create + WORK_LIMITS.sync + WORK_LIMITS.clock);
  const power = 5 * (WORK_LIMITS.powerOff + WORK_LIMITS.start);
  const disks = WORK_LIMITS.resetToBase + WORK_LIMITS.seed + 4 * WORK_LIMITS.mark;
  return Math.min(phases * phaseMs + waits + snapshots + power + disks, LONGEST_TIMER_MS);
}
