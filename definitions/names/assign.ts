import type { Forward, ResolvedGuest, ResolvedNic } from "../resolved";
import type { GuestDraft } from "../resolve/guest";
import type { NicDefinition } from "../schemas/nic";
import type { Mistakes } from "../source/mistakes";
import {
  ansibleMacCandidates,
  ansiblePortCandidates,
  macCandidates,
  portCandidates,
  type Candidates,
} from "./identity";

export interface IdentityOptions {
  readonly naming: "default" | "ansible-farm";
  readonly ports: { readonly from: number; readonly to: number };
}

/**
 * Gives every card its MAC address and every forward its port, unique within the farm. What the user wrote comes
 * first; the rest follows from the domains' names alone, not from the order in the farm file.
 */
export function assignIdentities(
  drafts: readonly GuestDraft[],
  options: IdentityOptions,
  mistakes: Mistakes,
): ResolvedGuest[] {
  const macs = new Claims<string>("MAC address", mistakes);
  const ports = new Claims<number>("port", mistakes);
  for (const draft of drafts) {
    for (const nic of draft.nics) {
      if (nic.mac !== undefined) macs.claim(nic.mac.toLowerCase(), draft);
      for (const { hostPort } of forwardsOf(nic)) if (hostPort !== undefined) ports.claim(hostPort, draft);
    }
  }
  const available = options.ports.to - options.ports.from + 1;
  const needed = drafts.flatMap(({ nics }) => nics.flatMap(forwardsOf)).length;
  if (needed > available && options.naming === "default") {
    mistakes.add({
      what: `the guests need ${needed} forwarded ports and there are ${available}`,
      allowed: `${options.ports.from} to ${options.ports.to}`,
      remedy: 'widen "ports" in the farm file, or use networks instead of forwards',
    });
    return [];
  }
  const nics = new Map<GuestDraft, ResolvedNic[]>();
  const byDomain = [...drafts].sort((a, b) => (a.guest.domainName < b.guest.domainName ? -1 : 1));
  for (const draft of byDomain) {
    const { domainName } = draft.guest;
    const pick = (nic: NicDefinition, index: number): ResolvedNic => {
      const mac = nic.mac?.toLowerCase() ?? macs.pick(macsOf(domainName, index, options));
      if (nic.kind !== "user") return { ...nic, mac };
      const forwards = forwardsOf(nic).map(({ guestPort, hostPort, hostAddress }): Forward => ({
        hostAddress: hostAddress ?? "127.0.0.1",
        hostPort: hostPort ?? ports.pick(portsOf(domainName, index, guestPort, options)),
        guestPort,
      }));
      return { kind: "user", mac, forwards, ...(nic.backend === undefined ? {} : { backend: nic.backend }) };
    };
    nics.set(draft, draft.nics.map(pick));
  }
  return drafts.map((draft) => ({ ...draft.guest, nics: nics.get(draft) ?? [] }));
}

type ForwardDefinition = NonNullable<(NicDefinition & { kind: "user" })["forwards"]>[number];

function forwardsOf(nic: NicDefinition): readonly ForwardDefinition[] {
  return nic.kind === "user" ? (nic.forwards ?? []) : [];
}

/** In compatible names only the first card and its ssh port have a counterpart; the others are seeded beside it. */
function macsOf(domain: string, nic: number, options: IdentityOptions): Candidates<string> {
  if (options.naming === "default") return macCandidates(domain, nic);
  return ansibleMacCandidates(nic === 0 ? domain : `${domain} ${nic}`);
}

function portsOf(
  domain: string,
  nic: number,
  guestPort: number,
  options: IdentityOptions,
): Candidates<number> {
  if (options.naming === "default") return portCandidates(domain, nic, guestPort, options.ports);
  return ansiblePortCandidates(nic === 0 && guestPort === 22 ? domain : `${domain} ${nic} ${guestPort}`);
}

/** Who has which identity. */
class Claims<T> {
  private readonly owners = new Map<T, GuestDraft | undefined>();

  constructor(
    private readonly what: string,
    private readonly mistakes: Mistakes,
  ) {}

  /** Takes what the user wrote. The same port on two hypervisors that guests are pinned to is fine. */
  claim(identity: T, draft: GuestDraft): void {
    const other = this.owners.get(identity);
    const here = draft.guest.hypervisor;
    const apart =
      here !== undefined && other?.guest.hypervisor !== undefined && other.guest.hypervisor !== here;
    if (other !== undefined && !apart) {
      this.mistakes.at(draft.nicsNode.source, {
        what: `guests "${other.guest.name}" and "${draft.guest.name}" have the same ${this.what}`,
        found: String(identity),
        remedy: "change one of them, or leave it out: guest-farm finds one that is free in the farm",
      });
    }
    this.owners.set(identity, draft);
  }

  /** The first candidate that nobody has. */
  pick(candidates: Candidates<T>): T {
    for (;;) {
      const identity = candidates.next().value;
      if (this.owners.has(identity)) continue;
      this.owners.set(identity, undefined);
      return identity;
    }
  }
}
