import { randomUUID } from "node:crypto";
import { fragment } from "xmlbuilder2";
import { fillPlaceholders, usedPlaceholders } from "../../definitions/domain-template";
import { isNetworkPlaceholder, type NetworkPlaceholder } from "../../definitions/network-template";
import { UserError } from "../../definitions/user-error";
import { escapeXml } from "../domain/xml/escape";
import { ownerPart } from "../domain/xml/owner-part";
import { bridgeName } from "./addresses";
import { reservationXml } from "./network-xml";
import type { NetworkSpec } from "./spec";

/**
 * A network as the user's template has it.
 * @param uuid of the network if it is defined already
 * @throws UserError when guests have addresses in it and the template has no place for them.
 */
export function networkFromTemplate(template: string, spec: NetworkSpec, uuid?: string): string {
  if (
    spec.reservations.length > 0 &&
    !usedPlaceholders(template).some(({ name }) => name === "reservations")
  ) {
    throw new UserError({
      what: `the template of network "${spec.name}" leaves out {{reservations}}, but guests have an address there`,
      found: spec.reservations.map(({ address }) => address).join(", "),
      remedy:
        "put {{reservations}} into its <dhcp>, or reserve the addresses in the template and take them from the guests",
    });
  }
  const values: Readonly<Record<NetworkPlaceholder, string>> = {
    name: escapeXml(spec.name),
    uuid: uuid ?? randomUUID(),
    metadata: fragment({ metadata: ownerPart(spec.owner) }).toString({ wellFormed: true }),
    bridge: escapeXml(bridgeName(spec)),
    reservations: spec.reservations.map(reservationXml).join("\n"),
  };
  return fillPlaceholders(template, (name) => (isNetworkPlaceholder(name) ? values[name] : ""));
}
