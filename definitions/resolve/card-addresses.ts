import { usedPlaceholders } from "../domain-template";
import type { ResolvedNetwork } from "../resolved";
import { bridgeAddress, ipv4Network, ipv4Number, ipv4Text } from "../ipv4";
import type { NicDefinition } from "../schemas/nic";
import type { Mistakes } from "../source/mistakes";
import type { Source } from "../source/node";
import type { GuestDraft } from "./guest";
import { sourceAt } from "./check-layer";

/**
 * Refuses addresses of cards on networks that the farm does not make, or whose template has no place for them: nobody
 * would give them to the guest, and it would be looked for where it is not. A guest whose own cloud-init network
 * configuration is given sets them itself. Also addresses that the network cannot give, and those that two cards have.
 */
export function checkCardAddresses(
  drafts: readonly GuestDraft[],
  networks: readonly ResolvedNetwork[],
  mistakes: Mistakes,
): void {
  const taken = new Map<string, GuestDraft[]>();
  for (const draft of drafts) {
    const { guest, nics, nicsNode } = draft;
    if (guest.seed?.network !== undefined) continue;
    nics.forEach((nic, index) => {
      if (nic.kind === "user" || nic.address === undefined) return;
      refuseTaken(draft, { ...nic, address: nic.address }, sourceAt(nicsNode, [index, "address"]));
      if (nic.kind !== "network") return;
      const declared = networks.find(({ name }) => name === nic.network);
      const at = sourceAt(nicsNode, [index, "address"]);
      if (declared?.template !== undefined && !reserves(declared.template)) {
        mistakes.at(at, {
          what: `guest "${guest.name}" cannot get this address: the template of network "${nic.network}" has no {{reservations}}`,
          found: nic.address,
          remedy:
            "put {{reservations}} into its <dhcp>; or reserve the address in the template, leave it out here and write " +
            "connection: {type: ssh, address: ...}",
        });
      }
      if (declared?.cidr !== undefined && declared.mode !== "existing") {
        refuseOutside(guest.name, nic.address, { name: declared.name, cidr: declared.cidr }, at);
      }
      if (declared !== undefined && declared.mode !== "existing") return;
      mistakes.at(at, {
        what:
          `guest "${guest.name}" cannot get this address: network "${nic.network}" ` +
          (declared === undefined ? "is not one of the farm's" : "exists already and is left as it is"),
        found: nic.address,
        allowed: "an address on a network that the farm makes, or none",
        remedy:
          `have the farm make the network (networks: {${nic.network}: {cidr: ...}}); or leave the address out, and the ` +
          "guest is found when it runs; or reserve it there yourself and write connection: {type: ssh, address: ...}; " +
          "or set it in the guest with seed: {network: ...}",
      });
    });
  }

  function refuseTaken(draft: GuestDraft, nic: AddressedNic, at: Source): void {
    const address = nic.address.split("/")[0] ?? "";
    const key = JSON.stringify([nic.kind, placeOfCard(nic), address]);
    const others = taken.get(key) ?? [];
    const other = others.find(({ guest }) => !apart(guest, draft.guest));
    taken.set(key, [...others, draft]);
    if (other === undefined) return;
    mistakes.at(at, {
      what:
        other === draft
          ? `two cards of guest "${draft.guest.name}" have the same address`
          : `guests "${other.guest.name}" and "${draft.guest.name}" have the same address`,
      found: nic.address,
      remedy: "give one of them another address, or leave it out",
    });
  }

  function refuseOutside(
    guest: string,
    address: string,
    { name, cidr }: { readonly name: string; readonly cidr: string },
    at: Source,
  ): void {
    const network = ipv4Network(cidr);
    const number = ipv4Number(address.split("/")[0] ?? "");
    if (network === undefined) return;
    const bridge = bridgeAddress(network);
    const problem =
      number === undefined || number < network.first || number > network.last
        ? `is not in network "${name}"`
        : number === network.first
          ? `is that of network "${name}" itself`
          : number === network.last
            ? `is the broadcast address of network "${name}"`
            : number === bridge
              ? `is that of the hypervisor in network "${name}"`
              : undefined;
    if (problem === undefined) return;
    mistakes.at(at, {
      what: `guest "${guest}" cannot have this address: it ${problem}`,
      found: address,
      allowed: `${ipv4Text(network.first + 1)} to ${ipv4Text(network.last - 1)}, without ${ipv4Text(bridge)}`,
    });
  }
}

type AddressedNic = Exclude<NicDefinition, { kind: "user" }> & { readonly address: string };

/** The network that a card is on. */
function placeOfCard(nic: AddressedNic): string {
  if (nic.kind === "network") return nic.network;
  if (nic.kind === "bridge") return nic.bridge;
  return nic.kind === "vde" ? nic.socket : nic.device;
}

/** Whether both are pinned, to different hypervisors, each of which has a network of its own. */
function apart({ hypervisor: one }: GuestDraft["guest"], { hypervisor: two }: GuestDraft["guest"]): boolean {
  return one !== undefined && two !== undefined && one !== two;
}

function reserves(template: string): boolean {
  return usedPlaceholders(template).some(({ name }) => name === "reservations");
}
