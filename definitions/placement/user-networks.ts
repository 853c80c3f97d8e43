import type { ResolvedGuest, ResolvedNic } from "../resolved";
import { type Mistake, UserError } from "../user-error";
import { atLeast } from "../version-order";
import type { Candidate } from "./candidate";
import type { HypervisorFacts } from "./facts";
import type { Placement } from "./place";

/** Earlier ones start passt in ways that break with security modules. Source: libvirt's release notes of 9.2.0. */
const LEAST_LIBVIRT = "9.2";

/** Why libvirt on a hypervisor cannot use passt; null: it can, as far as is known. */
export function passtProblem({ passt, libvirtVersion }: HypervisorFacts): string | null {
  if (libvirtVersion !== undefined && !atLeast(libvirtVersion, LEAST_LIBVIRT)) {
    return `libvirt ${libvirtVersion} is older than ${LEAST_LIBVIRT}`;
  }
  return passt === true ? null : "passt is not installed";
}

/** The cards of a guest on one hypervisor, of whose facts each user-mode network depends. */
export function cardsOn(nics: readonly ResolvedNic[], facts: HypervisorFacts | undefined): ResolvedNic[] {
  return nics.map((nic) => {
    if (nic.kind !== "user") return nic;
    const { backend = "auto", ...rest } = nic;
    const possible = facts?.libvirtVersion !== undefined && passtProblem(facts) === null;
    return backend === "passt" || (backend === "auto" && possible) ? { ...rest, backend: "passt" } : rest;
  });
}

/** @throws UserError for each guest that is to have passt where libvirt cannot use it. */
export function refuseWithoutPasst(
  placements: readonly Placement[],
  guests: ReadonlyMap<string, ResolvedGuest>,
  hosts: ReadonlyMap<string, Candidate>,
): void {
  const mistakes = placements.flatMap(({ guest: name, hypervisor }): Mistake[] => {
    const guest = guests.get(name);
    const facts = hosts.get(hypervisor)?.facts;
    if (
      facts === undefined ||
      guest?.nics.every((nic) => nic.kind !== "user" || nic.backend !== "passt") !== false
    ) {
      return [];
    }
    const problem = passtProblem(facts);
    if (problem === null) return [];
    return [
      {
        file: guest.declaredAt,
        what: `guest "${name}" is to have its user-mode network by passt, which hypervisor "${hypervisor}" cannot do`,
        path: "nics.backend",
        found: problem,
        allowed: "auto, slirp; passt with libvirt 9.2 or newer and passt installed",
        remedy: "apt-get install passt (on the hypervisor), or take `backend` out",
      },
    ];
  });
  if (mistakes.length > 0) throw new UserError(mistakes);
}
