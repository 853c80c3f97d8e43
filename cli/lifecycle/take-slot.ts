import type { LeaseHolder } from "../../hypervisor/leases/lease";
import { shownHolders, shownLimits } from "../../hypervisor/slots/acquire-slot";
import type { RunRooms } from "./rooms";
import type { LifecycleSpec } from "./spec";

export interface TakeSlotOptions {
  readonly spec: Pick<LifecycleSpec, "domain" | "guest" | "limits">;
  readonly holder: LeaseHolder;
  readonly say: (text: string) => void;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/**
 * Takes room for a run on its hypervisor, after the guest's lease: whoever has room has its lease already, and never waits
 * for somebody who waits for room.
 *
 * @throws NoSlotError when there was no room during the whole wait, and what else `acquireSlot` throws.
 */
export function takeSlot(
  rooms: Pick<RunRooms, "acquireSlot">,
  { spec, holder, say, signal }: TakeSlotOptions,
): Promise<void> {
  const { domain, guest, limits } = spec;
  if (limits === undefined) return Promise.resolve();
  const { wait, ...rest } = limits;
  const where = `hypervisor ${domain.hypervisor.name} (${shownLimits(rest)})`;
  return rooms.acquireSlot({
    limits: rest,
    domain: domain.name,
    memoryMiB: domain.memoryMiB,
    vcpus: domain.vcpus,
    // Others see many guests of one stack here.
    holder: { ...holder, description: `${holder.description}, guest ${guest.name}` },
    waitMs: wait * 1000,
    onWait: (holders, waitedMs) =>
      say(
        `waiting for room on ${where}, used by ${shownHolders(holders)} (${Math.round(waitedMs / 1000)} s)`,
      ),
    signal,
  });
}
