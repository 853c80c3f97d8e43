import { AUTO_LEAST } from "../builtin/defaults";
import { settingsOn } from "../resolve/settings";
import type {
  CpuChoice,
  DomainType,
  GuestSettings,
  HypervisorLimits,
  ResolvedFarm,
  ResolvedGuest,
} from "../resolved";
import { UserError, type Mistake } from "../user-error";
import { demandOf, type Candidate } from "./candidate";
import type { HypervisorFacts } from "./facts";
import { placeGuests, type Impossible } from "./place";
import { cardsOn, refuseWithoutPasst } from "./user-networks";

/** What was found out about a hypervisor before the program runs. */
export interface HypervisorKnowledge {
  /** Asked for just now, or remembered from the last time that it answered. */
  readonly facts: HypervisorFacts | undefined;
  /** Why it cannot be reached now; undefined: it answered. */
  readonly unreachable?: string | undefined;
}

/** A guest with a place to live, and all that follows from it. */
export interface PlacedGuest extends Omit<ResolvedGuest, "hypervisor" | "type" | "cpu" | "fromHost"> {
  readonly hypervisor: string;
  readonly type: DomainType;
  readonly cpu: CpuChoice;
  readonly settings: GuestSettings;
  /** What all guests of its hypervisor may have at once. */
  readonly limits: HypervisorLimits;
  /** Why the guest cannot be worked with now, although it stays where it is; null: it can. */
  readonly problem: string | null;
}

/**
 * Finds every guest of a farm its hypervisor. Facts that the farm file declares stand in for those of a hypervisor
 * that did not answer; one that is paused or does not answer keeps its guests, which then carry a `problem`. Where
 * nothing at all is known of a hypervisor, guests without a pin are not placed: some may live there, and would move.
 * @throws UserError that lists all guests that cannot run anywhere, with the reason for each hypervisor.
 */
export function placeFarm(
  farm: ResolvedFarm,
  knowledge: Readonly<Record<string, HypervisorKnowledge | undefined>>,
): PlacedGuest[] {
  const candidates = farm.hypervisors.map((hypervisor): Candidate => {
    const facts = knowledge[hypervisor.name]?.facts ?? hypervisor.facts;
    return { name: hypervisor.name, facts, limits: hypervisor.limits, labels: hypervisor.labels };
  });
  refuseToGuess(farm, candidates, knowledge);
  const result = placeGuests(farm.guests.map(demandOf), candidates, farm.placementOrder);
  const guests = new Map(farm.guests.map((guest) => [guest.name, guest]));
  if (result.impossible.length > 0) {
    throw new UserError(result.impossible.map((each) => mistakeOf(each, guests.get(each.guest))));
  }
  const byName = new Map(candidates.map((candidate) => [candidate.name, candidate]));
  refuseWithoutPasst(result.placements, guests, byName);
  return result.placements.flatMap(({ guest: name, hypervisor, type }) => {
    const guest = guests.get(name);
    const host = byName.get(hypervisor);
    if (guest === undefined || host === undefined) return [];
    const problem = problemOf(hypervisor, farm, knowledge[hypervisor]);
    return [{ ...settle(guest, host, type), settings: settingsOn(farm, guest, hypervisor), problem }];
  });
}

/** @throws UserError for each hypervisor that might have guests of which nobody knows. */
function refuseToGuess(
  farm: ResolvedFarm,
  candidates: readonly Candidate[],
  knowledge: Readonly<Record<string, HypervisorKnowledge | undefined>>,
): void {
  const mistakes = candidates.flatMap(({ name, facts, limits, labels }): Mistake[] => {
    if (facts !== undefined || limits.maxGuests === 0) return [];
    const free = farm.guests.filter(
      (guest) =>
        guest.hypervisor === undefined &&
        Object.entries(guest.labels).every(([key, value]) => labels[key] === value),
    );
    if (free.length === 0) return [];
    return [
      {
        what: `hypervisor "${name}" has not answered and nothing is known about it: guests that live there would move`,
        found: `${knowledge[name]?.unreachable ?? "no answer"}; guests without a pin: ${namesOf(free)}`,
        remedy: "make it reachable, declare its `facts`, pin the guests with `hypervisor`, or take it out",
      },
    ];
  });
  if (mistakes.length > 0) throw new UserError(mistakes);
}

const NAMES_SHOWN = 5;

function namesOf(guests: readonly ResolvedGuest[]): string {
  const names = guests.slice(0, NAMES_SHOWN).map(({ name }) => name);
  const more = guests.length - names.length;
  return `${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function settle(
  guest: ResolvedGuest,
  host: Candidate,
  type: DomainType,
): Omit<PlacedGuest, "settings" | "problem"> {
  const { fromHost, cpu, ...rest } = guest;
  const cpus = Math.min(host.facts?.cpus ?? 0, host.limits.cpus ?? Infinity);
  const memory = Math.min(host.facts?.memoryMiB ?? 0, host.limits.memoryMiB ?? Infinity);
  const emulators = host.facts?.arches[guest.arch]?.emulators ?? [];
  const [other] = emulators;
  const replace = guest.emulatorIsUsual && other !== undefined && !emulators.includes(guest.emulator ?? "");
  return {
    ...rest,
    hypervisor: host.name,
    type,
    cpu: cpu[type],
    limits: host.limits,
    nics: cardsOn(guest.nics, host.facts),
    emulator: replace ? other : guest.emulator,
    vcpus: fromHost.vcpus ? Math.max(AUTO_LEAST.vcpus, Math.floor(cpus / 4)) : guest.vcpus,
    memoryMiB: fromHost.memory ? Math.max(AUTO_LEAST.memoryMiB, Math.floor(memory / 4)) : guest.memoryMiB,
  };
}

function problemOf(
  name: string,
  farm: ResolvedFarm,
  knowledge: HypervisorKnowledge | undefined,
): string | null {
  if (knowledge?.unreachable !== undefined)
    return `hypervisor "${name}" cannot be reached: ${knowledge.unreachable}`;
  const paused = farm.hypervisors.find((each) => each.name === name)?.paused;
  return paused === true ? `hypervisor "${name}" is paused in the farm file` : null;
}

function mistakeOf({ guest, reasons }: Impossible, definition: ResolvedGuest | undefined): Mistake {
  const why = reasons.map(({ hypervisor, reason }) => `\n    ${hypervisor}: ${reason}`).join("");
  const need =
    definition === undefined
      ? ""
      : ` (${definition.arch}, ${definition.machine}, ${definition.memoryMiB} MiB)`;
  return {
    file: definition?.declaredAt,
    what: `no hypervisor can run guest "${guest}"${need}${why}`,
    remedy: "add a hypervisor that can, change what the guest asks for, or take the guest out",
  };
}
