import * as pulumi from "@pulumi/pulumi";
import { parseJump } from "../../connections/ssh/node";
import type { PlacedGuest } from "../../definitions/placement/place-farm";
import type { HostConnectionSpec } from "../../hypervisor/spec";
import { ArgumentError } from "../argument-error";
import { hostConnection } from "../guest/access-spec";
import type { CleanSnapshot } from "../clean-snapshot";
import type { ProvisionedGuest } from "../provisioned-guest";

/** @throws InputPropertyError for a guest that is reached over one that there is not, or over itself. */
export function checkJumps(guests: readonly PlacedGuest[]): void {
  const names = guests.map(({ name }) => name);
  for (const guest of guests) {
    const unknown = guestsPassed(guest).find((name) => !names.includes(name));
    if (unknown === undefined) continue;
    throw new ArgumentError(
      `guests.${guest.name}.connection.jump`,
      `there is no guest "${unknown}"; there are: ${names.join(", ")}`,
    );
  }
  passedFirst(guests);
}

/** Guests in an order in which each comes after those that it is reached over; otherwise as they are. */
export function passedFirst(guests: readonly PlacedGuest[]): readonly PlacedGuest[] {
  const sorted: PlacedGuest[] = [];
  const visit = (guest: PlacedGuest, path: readonly string[]): void => {
    if (sorted.includes(guest)) return;
    if (path.includes(guest.name)) {
      const loop = [...path, guest.name].join(" over ");
      throw new ArgumentError(
        `guests.${guest.name}.connection.jump`,
        `a guest cannot be reached over itself: ${loop}`,
      );
    }
    for (const name of guestsPassed(guest)) {
      const passed = guests.find((each) => each.name === name);
      if (passed !== undefined) visit(passed, [...path, guest.name]);
    }
    sorted.push(guest);
  };
  for (const guest of guests) visit(guest, []);
  return sorted;
}

/** The hosts that a guest's definition says to pass; undefined: those that follow from where it lives. */
export function viaOf(
  guest: PlacedGuest,
  made: ReadonlyMap<string, CleanSnapshot | ProvisionedGuest>,
): readonly pulumi.Input<HostConnectionSpec>[] | undefined {
  const jump = guest.way?.jump ?? true;
  if (jump === true) return undefined;
  return (jump === false ? [] : jump).map((each) => {
    if (typeof each === "string") return { type: "ssh", ...parseJump(each) } as const;
    const passed = made.get(each.guest);
    if (passed === undefined) {
      throw new ArgumentError(
        `guests.${guest.name}.connection.jump`,
        `guest "${each.guest}" is not made before it, on the same hypervisor or one below`,
      );
    }
    // What is passed has to have run before: only then it is on.
    return pulumi
      .all([hostConnection(passed.guest), passed.lifecycle.command.id])
      .apply(([connection]) => connection);
  });
}

function guestsPassed({ way }: PlacedGuest): readonly string[] {
  const jump = way?.jump;
  return typeof jump === "object"
    ? jump.flatMap((each) => (typeof each === "string" ? [] : [each.guest]))
    : [];
}
