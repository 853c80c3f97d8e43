import { sameData } from "../same-data";
import { sameHypervisor } from "../same-hypervisor";
import { sameOwner } from "../owner";
import type { NetworkSpec } from "./spec";

export interface NetworkChange {
  readonly property: keyof NetworkSpec;
  readonly effect: "in place" | "replace";
  readonly reason: string;
}

export interface NetworkDiff {
  readonly changes: readonly NetworkChange[];
  readonly replace: boolean;
  readonly deleteBeforeReplace: boolean;
}

const PROPERTIES: readonly (keyof NetworkSpec)[] = [
  "hypervisor",
  "owner",
  "name",
  "mode",
  "cidr",
  "bridge",
  "domain",
  "autostart",
  "reservations",
  "template",
];

/** What a change of a network means. Pure, for previews. */
export function diffNetwork(before: NetworkSpec, after: NetworkSpec): NetworkDiff {
  const changes = PROPERTIES.filter((property) => !sameData(before[property], after[property])).map(
    (property) => ({
      property,
      ...judge(property, before, after),
    }),
  );
  const replace = changes.some(({ effect }) => effect === "replace");
  const samePlace = before.name === after.name && sameHypervisor(before.hypervisor, after.hypervisor);
  return { changes, replace, deleteBeforeReplace: replace && samePlace };
}

function judge(
  property: keyof NetworkSpec,
  before: NetworkSpec,
  after: NetworkSpec,
): Pick<NetworkChange, "effect" | "reason"> {
  switch (property) {
    case "reservations":
      return { effect: "in place", reason: "reservations change while the network runs" };
    case "autostart":
      return { effect: "in place", reason: "only a mark of libvirt's" };
    case "owner":
      return sameOwner(before.owner, after.owner)
        ? { effect: "in place", reason: "the mark on the network is renewed" }
        : { effect: "replace", reason: "the network belongs to another farm or stack" };
    case "hypervisor":
      return sameHypervisor(before.hypervisor, after.hypervisor)
        ? { effect: "in place", reason: "only the way to the hypervisor changes" }
        : { effect: "replace", reason: "another hypervisor" };
    default:
      return { effect: "replace", reason: "the network has to be stopped for it, which cuts its guests off" };
  }
}
