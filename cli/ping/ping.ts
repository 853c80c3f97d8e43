import { openHypervisor } from "../../hypervisor/host";
import { guestPower } from "../../hypervisor/power";
import { messageOf } from "../../phases/lifecycle/run-state";
import { openAccess } from "../access/open-access";
import type { GuestAccessSpec } from "../access/spec";

/** Whether one machine of a farm answers. */
export interface Answer {
  readonly kind: "hypervisor" | "guest";
  readonly name: string;
  /** `off`: a guest that is not running, or has no domain: nothing is wrong with that. */
  readonly state: "answers" | "off" | "silent";
  /** What it said, or why it did not. */
  readonly detail: string;
}

/**
 * Asks every hypervisor that has guests, and every guest that is on, all at once. Starts nothing.
 * @param limitMs how long one machine has to answer, milliseconds
 */
export async function ping(guests: readonly GuestAccessSpec[], limitMs: number): Promise<readonly Answer[]> {
  const names = [...new Set(guests.map(({ hypervisor }) => hypervisor.name))];
  const groups = await Promise.all(
    names.map((name) =>
      pingHypervisor(
        name,
        guests.filter(({ hypervisor }) => hypervisor.name === name),
        limitMs,
      ),
    ),
  );
  return groups.flat();
}

async function pingHypervisor(
  name: string,
  guests: readonly GuestAccessSpec[],
  limitMs: number,
): Promise<Answer[]> {
  const [first] = guests;
  if (first === undefined) return [];
  const host = openHypervisor(first.hypervisor);
  try {
    const uri = await host.virsh(["uri"], { timeoutMs: limitMs });
    const answers = await Promise.all(guests.map((guest) => pingGuest(guest, limitMs)));
    return [{ kind: "hypervisor", name, state: "answers", detail: uri.trim() }, ...answers];
  } catch (error) {
    const lost = { state: "silent", detail: `hypervisor "${name}" does not answer` } as const;
    return [
      { kind: "hypervisor", name, state: "silent", detail: messageOf(error) },
      ...guests.map((guest) => ({ kind: "guest" as const, name: guest.name, ...lost })),
    ];
  } finally {
    await host.close();
  }
}

async function pingGuest(access: GuestAccessSpec, limitMs: number): Promise<Answer> {
  const { name, domain, hypervisor } = access;
  const guest = { kind: "guest", name } as const;
  const host = openHypervisor(hypervisor);
  try {
    const state = await guestPower(host, domain).state();
    if (state !== "on") {
      const detail = state === "off" ? "is off" : "is not defined";
      return { ...guest, state: "off", detail };
    }
    const connection = await openAccess(access, host);
    try {
      const answers = await connection.answers(limitMs);
      const detail = connection.description;
      return answers
        ? { ...guest, state: "answers", detail }
        : { ...guest, state: "silent", detail: `no login within ${limitMs / 1000} s: ${detail}` };
    } finally {
      await connection.close();
    }
  } catch (error) {
    return { ...guest, state: "silent", detail: messageOf(error) };
  } finally {
    await host.close();
  }
}
