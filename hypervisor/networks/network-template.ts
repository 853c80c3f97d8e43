import { randomUUID } from "node:crypto";
import { fragment } from "xmlbuilder2";
import { fillPlaceholders, usedPlaceholders } from "../../definitions/domain-template";
import { isNetworkPlaceholder, type NetworkPlaceholder } from "../../definitions/network-template";
import { UserError } from "../../definitions/user-error";
import { escapeXml } from "../domain/xml/escape";
import { ownerPart, readOwnerPart } from "../domain/xml/owner-part";
import { parseXml, textAt, type XmlElement } from "../domain/xml/parse";
import { sameOwner } from "../owner";
import { bridgeName } from "./addresses";
import { reservationXml } from "./network-xml";
import type { NetworkSpec } from "./spec";

/**
 * A network as the user's template has it. What comes out has the name, the UUID and the mark that it is to have:
 * libvirt would define any other as well, and nobody would find it again.
 * @param uuid of the network if it is defined already
 * @throws UserError when guests have addresses in it and the template has no place for them, and when the template is
 *   no such network.
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
  const xml = fillPlaceholders(template, (name) => (isNetworkPlaceholder(name) ? values[name] : ""));
  assertDefines(xml, spec, values.uuid);
  return xml;
}

function assertDefines(xml: string, spec: NetworkSpec, uuid: string): void {
  const network = parsed(xml, spec);
  const owner = readOwnerPart(network);
  if (network.name !== "network") throw unusable(spec, `is no <network>, but a <${network.name}>`);
  if (textAt(network, "name") !== spec.name) throw unusable(spec, "needs <name>{{name}}</name>");
  if (textAt(network, "uuid") !== uuid) throw unusable(spec, "needs <uuid>{{uuid}}</uuid>");
  if (owner === null || !sameOwner(owner, spec.owner))
    throw unusable(spec, "needs {{metadata}} as an element right below <network>");
}

function parsed(xml: string, spec: NetworkSpec): XmlElement {
  try {
    return parseXml(xml);
  } catch (error) {
    throw unusable(spec, `is not XML: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function unusable({ name }: NetworkSpec, what: string): UserError {
  return new UserError({
    what: `the template of network "${name}" ${what}`,
    path: "template",
    allowed: "<network><name>{{name}}</name><uuid>{{uuid}}</uuid>{{metadata}} ... </network>",
    remedy: "mend its file in templates/networks/",
  });
}
