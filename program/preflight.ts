import * as pulumi from "@pulumi/pulumi";
import { report } from "../cli/doctor";
import type { PlacedGuest } from "../definitions/placement/place-farm";
import type { ResolvedNetwork } from "../definitions/resolved";
import { type Mistake, UserError } from "../definitions/user-error";
import { isGuestHypervisor } from "../discovery/guest-hypervisor";
import type { FarmView } from "../discovery/look-at-farm";
import type { Check } from "../hypervisor/doctor/check";
import { checkGuests, type GuestsDemand } from "../hypervisor/doctor/guests";
import { checkHypervisor } from "../hypervisor/doctor/hypervisor";
import { openHypervisor } from "../hypervisor/host";

/** Disk of a guest that does not say how large it is, in GiB. */
const USUAL_DISK_GIB = 2;

/**
 * Looks whether every hypervisor of a farm has what its guests need, and says what was found. Changes nothing.
 *
 * @throws UserError with everything that does not work, each with its remedy.
 */
export async function preflight(view: FarmView): Promise<void> {
  const sections = await Promise.all(
    [...view.hypervisors].map(async ([name, { spec, knowledge }]) => {
      const title = `hypervisor ${name}`;
      if (spec === null) return { title, checks: [unreachable(knowledge.unreachable)] };
      if (isGuestHypervisor(spec)) return { title, checks: [asksLater(spec.connection.guest)] };
      const host = openHypervisor(spec);
      try {
        const groups = [
          checkHypervisor(host),
          checkGuests(host, demandOn(name, view)).catch((error: unknown) => [unreachable(String(error))]),
        ];
        return { title, checks: (await Promise.all(groups)).flat() };
      } finally {
        await host.close();
      }
    }),
  );
  void pulumi.log.info(`preflight\n${report(sections, false)}`);
  const mistakes = sections.flatMap(({ title, checks }) =>
    checks.filter(({ severity }) => severity === "error").map((failed) => mistakeOf(title, failed)),
  );
  if (mistakes.length > 0) throw new UserError(mistakes);
}

function unreachable(why: string | undefined): Check {
  const remedy = "make it reachable: guest-farm doctor says more";
  return { what: "connection", found: why ?? "no answer", wanted: "an answer", remedy, severity: "error" };
}

/** Nobody starts a guest to look at it: its own checks come with the first run there. */
function asksLater(guest: string): Check {
  const found = `guest ${guest} of this farm, asked when it runs`;
  return { what: "connection", found, wanted: "an answer", remedy: "", severity: "ok" };
}

function mistakeOf(where: string, { what, found, wanted, remedy }: Check): Mistake {
  return { what: `${where}: ${what} is not as it has to be`, found, allowed: wanted, remedy };
}

/** What the guests that live on a hypervisor need of it. Pure. */
export function demandOn(
  hypervisor: string,
  { guests: all, found, farm }: Pick<FarmView, "guests" | "found" | "farm">,
): GuestsDemand {
  const guests = all.filter((guest) => guest.hypervisor === hypervisor);
  const lasting = guests.filter(({ keepRunning }) => keepRunning);
  const others = guests.filter(({ keepRunning }) => !keepRunning).map(({ memoryMiB }) => memoryMiB);
  const isNew = ({ name }: PlacedGuest) => (found.get(name)?.inventory.definition ?? null) === null;
  return {
    networks: networksOf(guests, farm.networks, hypervisor),
    devices: [...new Set(guests.flatMap(({ nics }) => nics.flatMap((nic) => deviceOf(nic) ?? [])))],
    memoryMiB: lasting.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0) + Math.max(0, ...others),
    disksGiB: guests.filter(isNew).reduce((sum, guest) => sum + disksOf(guest), 0),
  };
}

function disksOf({ rootDisk, extraDisks }: PlacedGuest): number {
  const data = extraDisks.map(({ sizeGiB }) => sizeGiB ?? 0);
  return [rootDisk.sizeGiB ?? USUAL_DISK_GIB, ...data].reduce((sum, size) => sum + size, 0);
}

function networksOf(
  guests: readonly PlacedGuest[],
  made: readonly ResolvedNetwork[],
  hypervisor: string,
): GuestsDemand["networks"] {
  const ours = made
    .filter(({ hypervisors }) => hypervisors?.includes(hypervisor) ?? true)
    .map(({ name }) => name);
  const needed = guests.flatMap(({ nics, settings }) =>
    nics.flatMap((nic) =>
      nic.kind === "network" && !ours.includes(nic.network)
        ? [[nic.network, settings.startNetworks] as const]
        : [],
    ),
  );
  const names = [...new Set(needed.map(([name]) => name))];
  return names.map((name) => ({
    name,
    mayStart: needed.every(([each, mayStart]) => each !== name || mayStart),
  }));
}

function deviceOf(nic: PlacedGuest["nics"][number]): string | undefined {
  if (nic.kind === "bridge") return nic.bridge;
  return nic.kind === "macvtap" || nic.kind === "ethernet" ? nic.device : undefined;
}
