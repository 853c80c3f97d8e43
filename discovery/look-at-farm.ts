import type { ImageDefinition } from "../definitions/images";
import { digestOf } from "../definitions/canonical-json";
import { type HypervisorKnowledge, placeFarm, type PlacedGuest } from "../definitions/placement/place-farm";
import type { ResolvedFarm, ResolvedHypervisor } from "../definitions/resolved";
import { discoverFacts } from "../hypervisor/facts/discover";
import { type HypervisorHost, openHypervisor } from "../hypervisor/host";
import type { HypervisorSpec } from "../hypervisor/spec";
import { bounded } from "./bounded";
import type { HypervisorFacts } from "../definitions/placement/facts";
import { guestViews, type GuestView, type RunsOf } from "./guest-views";
import { type GuestHypervisor, guestHypervisor, isGuestHypervisor } from "./guest-hypervisor";
import { hypervisorSpec } from "./hypervisor-specs";
import type { RememberedFacts } from "./remembered-facts";

/** A hypervisor of a farm, as it was found. */
export interface HypervisorView {
  /** Null: it has to be asked for its folders, and did not answer. */
  readonly spec: HypervisorSpec | GuestHypervisor | null;
  readonly knowledge: HypervisorKnowledge;
}

/** What a program knows of a farm before it registers anything. */
export interface FarmView {
  readonly farm: ResolvedFarm;
  readonly hypervisors: ReadonlyMap<string, HypervisorView>;
  readonly guests: readonly PlacedGuest[];
  /** What was found of each guest, by its name; guests on hypervisors that did not answer are missing. */
  readonly found: ReadonlyMap<string, GuestView>;
}

/** Time that one hypervisor has for each of the two queries. */
const LIMIT_MS = 45_000;

/**
 * Asks every hypervisor of a farm, all at once and for a limited time, and places the guests. Changes nothing there. A
 * hypervisor that does not answer stops nobody but its own guests.
 *
 * @param stack whose runs of the guests are looked at
 * @throws UserError for guests that no hypervisor can run.
 */
export async function lookAtFarm(
  farm: ResolvedFarm,
  remembered: RememberedFacts,
  stack: string = farm.stack,
): Promise<FarmView> {
  const views = await Promise.all(
    farm.hypervisors.map(
      async (hypervisor) => [hypervisor.name, await lookAtHypervisor(hypervisor, farm, remembered)] as const,
    ),
  );
  const hypervisors = new Map(views);
  remembered.keep(
    farm.hypervisors.flatMap((hypervisor) => {
      const facts = factsOfAnswer(hypervisors.get(hypervisor.name));
      return facts === undefined ? [] : [[hypervisor, facts] as const];
    }),
  );
  const knowledge = Object.fromEntries(views.map(([name, view]) => [name, view.knowledge]));
  const guests = placeFarm(farm, knowledge);
  const found = await Promise.all(
    views.map(([name, view]) =>
      lookAtGuests(
        view,
        guests.filter((guest) => guest.hypervisor === name),
        { stack, owner: farm.stack },
      ),
    ),
  );
  return { farm, hypervisors, guests, found: new Map(found.flat()) };
}

/** Facts of a hypervisor that has answered. */
function factsOfAnswer(view: HypervisorView | undefined): HypervisorFacts | undefined {
  return view?.knowledge.unreachable === undefined ? view?.knowledge.facts : undefined;
}

async function lookAtHypervisor(
  hypervisor: ResolvedHypervisor,
  farm: ResolvedFarm,
  remembered: RememberedFacts,
): Promise<HypervisorView> {
  const guest = guestHypervisor(hypervisor, farm.guests);
  if (guest !== null) return guest;
  const known = hypervisor.facts ?? remembered.of(hypervisor);
  const spec = await bounded(LIMIT_MS, hypervisorSpec(hypervisor));
  if ("problem" in spec) return { spec: null, knowledge: { facts: known, unreachable: spec.problem } };
  const facts = await withHost(spec.value, (host) => bounded(LIMIT_MS, discoverFacts(host)));
  const knowledge =
    "problem" in facts
      ? { facts: known, unreachable: facts.problem }
      : { facts: hypervisor.facts ?? facts.value.facts };
  return { spec: spec.value, knowledge };
}

async function lookAtGuests(
  { spec, knowledge }: HypervisorView,
  guests: readonly PlacedGuest[],
  runs: RunsOf,
): Promise<readonly (readonly [string, GuestView])[]> {
  if (spec === null || isGuestHypervisor(spec) || knowledge.unreachable !== undefined || guests.length === 0)
    return [];
  const views = await withHost(spec, (host) => bounded(LIMIT_MS, guestViews(host, guests, runs)));
  return "problem" in views ? [] : [...views.value];
}

async function withHost<T>(spec: HypervisorSpec, work: (host: HypervisorHost) => Promise<T>): Promise<T> {
  const host = openHypervisor(spec);
  try {
    return await work(host);
  } finally {
    await host.close();
  }
}

/** Tells images apart: two guests with the same definition share one. */
export function imageKey(definition: ImageDefinition): string {
  return digestOf(definition).slice(0, 16);
}
