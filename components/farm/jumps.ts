import * as pulumi from "@pulumi/pulumi";
import { parseJump } from "../../connections/ssh/node";
import { guestsPassed, jumpMistakes } from "../../definitions/guests/jumps";
import type { PlacedGuest } from "../../definitions/placement/place-farm";
import { formatMistake, type Mistake } from "../../definitions/user-error";
import type { HostConnectionSpec } from "../../hypervisor/spec";
import { ArgumentError } from "../argument-error";
import { hostConnection } from "../guest/access-spec";
import type { CleanSnapshot } from "../clean-snapshot";
import type { ProvisionedGuest } from "../provisioned-guest";

/** @throws InputPropertyError for a guest that is reached over one that there is not, or over itself. */
export function checkJumps(guests: readonly PlacedGuest[]): void {
  const [first] = jumpMistakes(guests);
  const guest = guests.find(({ name }) => name === first?.guest);
  if (first !== undefined && guest !== undefined) throw wrongJump(guest, first.mistake);
}

/** Guests without loops in an order in which each comes after those that it is reached over; otherwise as they are. */
export function passedFirst(guests: readonly PlacedGuest[]): readonly PlacedGuest[] {
  const sorted = new Set<PlacedGuest>();
  const visit = (guest: PlacedGuest): void => {
    if (sorted.has(guest)) return;
    for (const name of guestsPassed(guest)) {
      const passed = guests.find((each) => each.name === name);
      if (passed !== undefined) visit(passed);
    }
    sorted.add(guest);
  };
  for (const guest of guests) visit(guest);
  return [...sorted];
}

/**
 * The hosts that a guest's definition says to pass; undefined: those that follow from where it lives.
 *
 * @throws InputPropertyError when one of them is a guest that is only made later.
 */
export function viaOf(
  guest: PlacedGuest,
  made: ReadonlyMap<string, CleanSnapshot | ProvisionedGuest>,
  all: readonly PlacedGuest[],
): readonly pulumi.Input<HostConnectionSpec>[] | undefined {
  const jump = guest.way?.jump ?? true;
  if (jump === true) return undefined;
  return (jump === false ? [] : jump).map((each) => {
    if (typeof each === "string") return { type: "ssh", ...parseJump(each) } as const;
    const passed = made.get(each.guest);
    if (passed === undefined) throw wrongJump(guest, madeLater(guest, each.guest, all));
    // What is passed has to have run before: only then it is on.
    return pulumi
      .all([hostConnection(passed.guest), passed.lifecycle.command.id])
      .apply(([connection]) => connection);
  });
}

/** Guests are made hypervisor by hypervisor, those on hypervisors that are guests after those guests. */
function madeLater(guest: PlacedGuest, passed: string, all: readonly PlacedGuest[]): Mistake {
  const there = all.find(({ name }) => name === passed)?.hypervisor ?? "another one";
  return {
    what: `guest "${passed}", which it is reached over, is only made after it`,
    found: `"${passed}" lives on hypervisor "${there}", "${guest.name}" on "${guest.hypervisor}"`,
    allowed: `a guest on "${guest.hypervisor}", or on a hypervisor that the farm names before it and that is no deeper`,
    remedy: `write hypervisor: ${there} into guest "${guest.name}", or name hypervisor "${there}" before "${guest.hypervisor}"`,
  };
}

function wrongJump({ name, declaredAt }: PlacedGuest, mistake: Mistake): ArgumentError {
  return new ArgumentError(
    `guests.${name}.connection.jump`,
    formatMistake({ ...mistake, file: declaredAt, path: "connection.jump" }),
  );
}
