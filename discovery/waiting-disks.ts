import type { PlacedGuest } from "../definitions/placement/place-farm";
import { dataDiskName, dataDisksThere } from "../hypervisor/data-disks";
import { openHypervisor } from "../hypervisor/host";
import { bounded } from "./bounded";
import { isGuestHypervisor } from "./guest-hypervisor";
import type { FarmView } from "./look-at-farm";

const LIMIT_MS = 20_000;

/**
 * Guests none of whose data disks is there. They must only be left out where that was seen: what is not registered is
 * deleted. Changes nothing.
 */
export async function guestsWithoutDataDisks(stack: string, view: FarmView): Promise<readonly string[]> {
  const guests = view.guests.filter(({ extraDisks }) => extraDisks.some(({ path }) => path === undefined));
  const names = [...new Set(guests.map(({ hypervisor }) => hypervisor))];
  const there = new Map(
    await Promise.all(names.map(async (name) => [name, await lookAt(name, stack, view)] as const)),
  );
  const has = ({ hypervisor, domainName, extraDisks }: PlacedGuest) => {
    const seen = there.get(hypervisor) ?? null;
    return seen === null || extraDisks.some((disk) => seen.has(dataDiskName(domainName, disk)));
  };
  return guests.filter((guest) => !has(guest)).map(({ name }) => name);
}

/** Null: it could not be seen. */
async function lookAt(
  name: string,
  stack: string,
  { hypervisors }: FarmView,
): Promise<ReadonlySet<string> | null> {
  const spec = hypervisors.get(name)?.spec ?? null;
  if (spec === null || isGuestHypervisor(spec)) return null;
  const host = openHypervisor(spec);
  try {
    const found = await bounded(LIMIT_MS, dataDisksThere(host, stack));
    return "problem" in found ? null : found.value;
  } finally {
    await host.close();
  }
}
