import type { Mistake } from "../../definitions/user-error";
import { sameData } from "../same-data";
import { sameHost, sameHypervisor } from "../same-hypervisor";
import { sameOwner } from "../owner";
import { guestDisks } from "./disks";
import type { DomainSpec } from "./spec";

/** One property that changes, and what has to happen for it. */
export interface DomainChange {
  /** Top-level property of the specification. */
  readonly property: keyof DomainSpec;
  readonly effect: "in place" | "replace";
  /** For people: why it is so. Holds no secret. */
  readonly reason: string;
}

export interface DomainDiff {
  readonly changes: readonly DomainChange[];
  readonly replace: boolean;
  /** The old domain has to go first: the new one would have its name and folder. */
  readonly deleteBeforeReplace: boolean;
}

type Judge = (before: DomainSpec, after: DomainSpec) => Omit<DomainChange, "property"> | null;

const inPlace = (reason: string) => ({ effect: "in place", reason }) as const;
const replace = (reason: string) => ({ effect: "replace", reason }) as const;
const powerCycle = inPlace("takes effect when the guest starts next");
const otherGuest = (what: string) =>
  replace(`${what}: what is installed on the disks belongs to the old one`);

/** How a change of each property is made. A judge is asked only when the property differs. */
const JUDGES: Readonly<Record<keyof DomainSpec, Judge>> = {
  hypervisor: (before, after) => judgeHypervisor(before.hypervisor, after.hypervisor),
  owner: (before, after) =>
    sameOwner(before.owner, after.owner)
      ? inPlace("the mark on the domain is renewed")
      : replace("the domain belongs to another farm, stack or guest"),
  name: () => replace("the disks and snapshots of a domain are kept under its name"),
  type: () => powerCycle,
  arch: () => otherGuest("another architecture"),
  machine: () => otherGuest("another machine"),
  cpu: () => powerCycle,
  emulator: () => powerCycle,
  vcpus: () => powerCycle,
  memoryMiB: () => powerCycle,
  firmware: () => otherGuest("another way to boot"),
  baseImage: (before, after) =>
    before.baseImage.digest !== after.baseImage.digest
      ? otherGuest("another base image")
      : replace("the guest's disks name their base image by its file"),
  rootDisk: judgeRootDisk,
  extraDisks: judgeExtraDisks,
  nics: () => powerCycle,
  seed: (before, after) =>
    before.seed !== undefined && after.seed !== undefined
      ? inPlace("guests read their seed at their first boot: it acts when the clean snapshot is made again")
      : powerCycle,
  seedBus: () => powerCycle,
  defaultBus: () => powerCycle,
  clock: () => powerCycle,
  keepRunning: () => inPlace("whether it starts with its hypervisor, and whether its disks outlive it"),
  template: () => powerCycle,
};

/**
 * What a change of a specification means for the domain. Pure, for previews: nothing is asked of the hypervisor.
 */
export function diffDomain(before: DomainSpec, after: DomainSpec): DomainDiff {
  const properties = Object.keys(JUDGES) as (keyof DomainSpec)[];
  const changes = properties.flatMap((property): readonly DomainChange[] => {
    if (sameData(before[property], after[property])) return [];
    const verdict = JUDGES[property](before, after);
    return verdict === null ? [] : [{ property, ...verdict }];
  });
  const mustReplace = changes.some(({ effect }) => effect === "replace");
  const samePlace =
    before.name === after.name && judgeHypervisor(before.hypervisor, after.hypervisor)?.effect !== "replace";
  return { changes, replace: mustReplace, deleteBeforeReplace: mustReplace && samePlace };
}

function judgeHypervisor(
  before: DomainSpec["hypervisor"],
  after: DomainSpec["hypervisor"],
): ReturnType<Judge> {
  if (!sameHost(before, after)) return replace("another hypervisor");
  if (before.uri !== after.uri) return replace("another libvirt");
  if (before.diskPoolPath !== after.diskPoolPath) return replace("the guest's files are in another folder");
  return sameData(before, after) ? null : inPlace("only the way to the hypervisor changes");
}

function judgeRootDisk(before: DomainSpec, after: DomainSpec): ReturnType<Judge> {
  if (before.rootDisk.bus !== after.rootDisk.bus) {
    return replace("the disks would change their names inside the guest");
  }
  if (before.keepRunning !== true || after.keepRunning !== true) {
    return replace("the root disk is made anew in its new size, and so are the snapshots over it");
  }
  return inPlace("the root disk grows, with what is on it");
}

/** A change that must not come to pass, and which property it is of. */
export type RefusedChange = Mistake & { readonly property: keyof DomainSpec };

/** What must not become of a domain that is there; null: nothing is wrong. */
export function refusedChange(before: DomainSpec, after: DomainSpec): RefusedChange | null {
  return movedFolder(before, after) ?? smallerDisk(before, after);
}

function movedFolder(before: DomainSpec, after: DomainSpec): RefusedChange | null {
  const [was, wanted] = [before.hypervisor, after.hypervisor];
  if (!sameHypervisor(was, wanted) || was.diskPoolPath === wanted.diskPoolPath) return null;
  return {
    property: "hypervisor",
    what: `diskPoolPath of hypervisor "${wanted.name}" cannot change while guest "${before.owner.guest}" is in it`,
    found: wanted.diskPoolPath,
    allowed: was.diskPoolPath,
    remedy: "write the old path, or remove the guest first (pulumi destroy, with the old path)",
  };
}

function smallerDisk(before: DomainSpec, after: DomainSpec): RefusedChange | null {
  const [was, wanted] = [before.rootDisk.sizeGiB, after.rootDisk.sizeGiB];
  const lasting = before.keepRunning === true && after.keepRunning === true;
  if (!lasting || was === undefined || wanted === undefined || wanted >= was) return null;
  return {
    property: "rootDisk",
    what: `the root disk of long-lived guest "${after.owner.guest}" cannot become smaller`,
    found: `${wanted} GiB`,
    allowed: `${was} GiB or more`,
    remedy: "write its old size, or give the guest another name to have it made anew",
  };
}

function judgeExtraDisks(before: DomainSpec, after: DomainSpec): ReturnType<Judge> {
  const writable = (spec: DomainSpec) => guestDisks(spec).writable.slice(1);
  return sameData(writable(before), writable(after))
    ? powerCycle
    : replace("snapshots hold every writable disk, and those of the guest change");
}
