import { posix } from "node:path";
import { z } from "zod";
import { fileSlug } from "../guest-files";
import type { HypervisorHost } from "../host";
import { askWhileWaiting, hold, HolderRecord, wholeSeconds } from "../leases/hold";
import { type FencedLease, type LeaseHolder, shownHolder } from "../leases/lease";
import type { ProcessLines } from "../leases/process-lines";
import { type LeaseTiming, leaseTiming } from "../leases/timing";
import { SLOT_SCRIPT } from "./slot-script";

/** What the guests of a hypervisor may have at once, all together. Undefined: as much as there is. */
export interface SlotLimits {
  readonly maxGuests?: number | undefined;
  readonly memoryMiB?: number | undefined;
  readonly cpus?: number | undefined;
}

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

const Holders = z.array(HolderRecord);
/** Above the time between two looks. */
const ROUND_MS = 10_000;

/**
 * Takes room on a hypervisor within its limits, waiting for others if need be. All that use the same folder of guests
 * count, whatever stack, checkout or controller they come from, if their farm files limit the hypervisor too. The room
 * belongs to the guest's lease, and is given back with it; where the guest is still on then, when it is off.
 *
 * @throws NoSlotError when there was no room during the whole wait.
 * @throws the signal's reason, or an Error saying why the hypervisor could not give room.
 */
export function acquireSlot(
  host: Pick<HypervisorHost, "shell" | "spec">,
  lease: Pick<FencedLease, "fence">,
  options: SlotOptions,
  timing: LeaseTiming = leaseTiming(),
): Promise<void> {
  const { limits, holder, domain, signal } = options;
  const limit = (value: number | undefined) => (value === undefined ? "" : String(value));
  const args = [
    slotsFolder(host.spec.diskPoolPath),
    fileSlug(domain),
    fileSlug(holder.runId),
    posix.dirname(lease.fence),
    wholeSeconds(timing.holdMs),
    limit(limits.maxGuests),
    limit(limits.memoryMiB),
    limit(limits.cpus),
    String(options.memoryMiB),
    String(options.vcpus),
  ];
  const what = `room for guest "${domain}"`;
  const script = { script: SLOT_SCRIPT, name: "guest-farm-slot", args };
  return hold(host, script, { what, holder, signal }, ({ lines }) =>
    waitForRoom(lines, host.spec.name, options, timing),
  );
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
  return holders.map(shownHolder).join("; ");
}

async function waitForRoom(
  lines: ProcessLines,
  hypervisor: string,
  { limits, waitMs, onWait, signal }: SlotOptions,
  timing: LeaseTiming,
): Promise<void> {
  const holders = (record: string) => Holders.parse(JSON.parse(record));
  const line = await askWhileWaiting(lines, {
    waitMs,
    answerMs: timing.holdMs + ROUND_MS,
    signal,
    onWait: (record, waitedMs) => onWait?.(holders(record), waitedMs),
    overdue: (record, waitedMs) => new NoSlotError(hypervisor, limits, holders(record), waitedMs),
  });
  if (line !== "held") throw lines.unexpected(line);
}
