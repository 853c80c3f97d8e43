import { z } from "zod";
import { fileSlug } from "../guest-files";
import type { HypervisorHost } from "../host";
import { HeldLease } from "../leases/held-lease";
import type { Lease, LeaseHolder } from "../leases/lease";
import { ProcessLines } from "../leases/process-lines";
import { LEASE_TIMING, type LeaseTiming } from "../leases/timing";
import { SLOT_SCRIPT } from "./slot-script";

/** What the guests of a hypervisor may have at once, all together. Undefined: as much as there is. */
export interface SlotLimits {
  readonly maxGuests?: number | undefined;
  readonly memoryMiB?: number | undefined;
  readonly cpus?: number | undefined;
}

/** Room on a hypervisor for one guest that runs. */
export type Slot = Pick<Lease, "lost" | "release">;

export interface SlotOptions {
  readonly limits: SlotLimits;
  /** Name of the domain. */
  readonly domain: string;
  readonly memoryMiB: number;
  readonly vcpus: number;
  readonly holder: LeaseHolder;
  /** Milliseconds to wait for others. */
  readonly waitMs: number;
  /** Told when there is no room, and again every 10 s. */
  readonly onWait?: (holders: readonly LeaseHolder[], waitedMs: number) => void;
  readonly signal?: AbortSignal;
}

/** There was no room during the whole wait. */
export class NoSlotError extends Error {
  constructor(hypervisor: string, limits: SlotLimits, holders: readonly LeaseHolder[], waitedMs: number) {
    super(
      `there is no room on hypervisor "${hypervisor}" (${shownLimits(limits)}): in use by ${shownHolders(holders)}; ` +
        `waited ${Math.round(waitedMs / 1000)} s. Wait for them to end, or raise its limits in the farm file`,
    );
    this.name = "NoSlotError";
  }
}

const Holders = z.array(z.object({ runId: z.string(), description: z.string(), since: z.string() }));
const TELL_EVERY_MS = 10_000;
/** Above the time between two looks. */
const ROUND_MS = 10_000;

/**
 * Takes room on a hypervisor within its limits, waiting for others if need be. All that use the same folder of guests
 * count, whatever stack, checkout or controller they come from, if their farm files limit the hypervisor too.
 *
 * @throws NoSlotError when there was no room during the whole wait.
 * @throws the signal's reason, or an Error saying why the hypervisor could not give room.
 */
export async function acquireSlot(
  host: Pick<HypervisorHost, "shell" | "spec">,
  options: SlotOptions,
  timing: LeaseTiming = LEASE_TIMING,
): Promise<Slot> {
  options.signal?.throwIfAborted();
  const { limits, holder, domain } = options;
  const limit = (value: number | undefined) => (value === undefined ? "" : String(value));
  const process = host.shell.start([
    "bash",
    "-c",
    SLOT_SCRIPT,
    "guest-farm-slot",
    slotsFolder(host.spec.diskPoolPath),
    `${fileSlug(domain)}.${fileSlug(holder.runId)}`,
    String(Math.ceil(timing.holdMs / 1000)),
    limit(limits.maxGuests),
    limit(limits.memoryMiB),
    limit(limits.cpus),
    String(options.memoryMiB),
    String(options.vcpus),
  ]);
  const lines = new ProcessLines(process, `room for guest "${domain}" on ${host.shell.description}`);
  try {
    const { runId, description, since } = holder;
    lines.say(JSON.stringify({ runId, description, since }));
    await waitForRoom(lines, host.spec.name, options, timing);
    return new HeldLease(process, lines, null, domain, timing);
  } catch (error) {
    process.kill();
    throw error;
  }
}

/** The folder of a hypervisor's slots: beside its guests, whose folder holds nothing but guests. */
export function slotsFolder(diskPoolPath: string): string {
  return `${diskPoolPath}-slots`;
}

/** The limits in words: `2 guests, 4096 MiB at once`. */
export function shownLimits({ maxGuests, memoryMiB, cpus }: SlotLimits): string {
  const parts = [
    maxGuests === undefined ? [] : [`${maxGuests} ${maxGuests === 1 ? "guest" : "guests"}`],
    memoryMiB === undefined ? [] : [`${memoryMiB} MiB`],
    cpus === undefined ? [] : [`${cpus} CPUs`],
  ];
  return `${parts.flat().join(", ")} at once`;
}

export function shownHolders(holders: readonly LeaseHolder[]): string {
  return holders.map(({ description, since }) => `${description}, since ${since}`).join("; ");
}

async function waitForRoom(
  lines: ProcessLines,
  hypervisor: string,
  { limits, waitMs, onWait, signal }: SlotOptions,
  timing: LeaseTiming,
): Promise<void> {
  const start = performance.now();
  let toldAt = -Infinity;
  for (;;) {
    const line = await lines.next(timing.holdMs + ROUND_MS, signal);
    if (line === "held") return;
    if (!line.startsWith("waiting ")) throw lines.unexpected(line);
    const holders = Holders.parse(JSON.parse(line.slice("waiting ".length)));
    const waitedMs = Math.round(performance.now() - start);
    if (waitedMs >= waitMs) throw new NoSlotError(hypervisor, limits, holders, waitedMs);
    if (waitedMs - toldAt >= TELL_EVERY_MS) {
      onWait?.(holders, waitedMs);
      toldAt = waitedMs;
    }
    lines.say("again");
  }
}
