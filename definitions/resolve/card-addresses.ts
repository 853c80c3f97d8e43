import { usedPlaceholders } from "../domain-template";
import type { ResolvedNetwork } from "../resolved";
import type { Mistakes } from "../source/mistakes";
import type { GuestDraft } from "./guest";
import { sourceAt } from "./check-layer";

/**
 * Refuses addresses of cards on networks that the farm does not make, or whose template has no place for them: nobody
 * would give them to the guest, and it would be looked for where it is not. A guest whose own cloud-init network
 * configuration is given sets them itself.
 */
export function checkCardAddresses(
  drafts: readonly GuestDraft[],
  networks: readonly ResolvedNetwork[],
  mistakes: Mistakes,
): void {
  for (const { guest, nics, nicsNode } of drafts) {
    if (guest.seed?.network !== undefined) continue;
    nics.forEach((nic, index) => {
      if (nic.kind !== "network" || nic.address === undefined) return;
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
}

function reserves(template: string): boolean {
  return usedPlaceholders(template).some(({ name }) => name === "reservations");
}
