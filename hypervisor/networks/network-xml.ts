import { UserError } from "../../definitions/user-error";
import type { OwnerMark } from "../owner";
import { renderXml } from "../domain/xml/domain-xml";
import { readOwnerPart, ownerPart } from "../domain/xml/owner-part";
import { find, parseXml, textAt } from "../domain/xml/parse";
import { bridgeName, isInside, networkAddresses } from "./addresses";
import type { NetworkSpec, ReservationSpec } from "./spec";

/**
 * Definition of a network of our own. The bridge has no spanning tree and no forward delay: with them every guest
 * would wait seconds for its first packet.
 * @param uuid of the network if it is defined already
 * @throws UserError for addresses that do not fit together
 */
export function networkXml(spec: NetworkSpec, uuid?: string): string {
  if (spec.cidr === undefined) {
    throw new UserError({
      what: `network "${spec.name}" needs a cidr`,
      path: "cidr",
      allowed: "as 192.168.50.0/24",
    });
  }
  const addresses = networkAddresses(spec.cidr);
  const outside = spec.reservations.filter(({ address }) => !isInside(address, addresses));
  if (outside.length > 0) {
    throw new UserError(
      outside.map(({ address, mac }) => ({
        what: `the address of card ${mac} is no guest address of network "${spec.name}"`,
        found: address,
        allowed: `an address of ${spec.cidr ?? ""} other than ${addresses.gateway}`,
      })),
    );
  }
  const forward = { nat: "nat", routed: "route", isolated: null, existing: null, template: null }[spec.mode];
  return renderXml({
    network: {
      name: spec.name,
      ...(uuid === undefined ? {} : { uuid }),
      metadata: ownerPart(spec.owner),
      ...(forward === null ? {} : { forward: { "@mode": forward } }),
      bridge: { "@name": bridgeName(spec), "@stp": "off", "@delay": "0" },
      ...(spec.domain === undefined ? {} : { domain: { "@name": spec.domain, "@localOnly": "yes" } }),
      ip: {
        "@address": addresses.gateway,
        "@prefix": addresses.prefix,
        dhcp: {
          range: { "@start": addresses.range.first, "@end": addresses.range.last },
          host: spec.reservations.map(reservationPart),
        },
      },
    },
  });
}

/** One reservation, for `virsh net-update`. */
export function reservationXml(reservation: ReservationSpec): string {
  return renderXml({ host: reservationPart(reservation) });
}

function reservationPart({ mac, address, name }: ReservationSpec) {
  return { "@mac": mac, ...(name === undefined ? {} : { "@name": name }), "@ip": address };
}

/** What a network's definition says, whoever wrote it. */
export interface NetworkFacts {
  readonly uuid: string;
  readonly owner: OwnerMark | null;
  readonly mode: NetworkSpec["mode"];
  /** The hypervisor's address and the prefix; null: the network has no IPv4. */
  readonly gateway: string | null;
  readonly bridge: string;
  readonly domain: string | null;
  readonly reservations: readonly ReservationSpec[];
}

/** Reads libvirt's definition of a network. */
export function readNetworkXml(xml: string): NetworkFacts {
  const network = parseXml(xml);
  const forward = find(network, "forward")?.attributes["mode"];
  const ip = find(network, "ip")?.attributes ?? {};
  const hosts = find(network, "ip", "dhcp")?.children.filter(({ name }) => name === "host") ?? [];
  return {
    uuid: textAt(network, "uuid") ?? "",
    owner: readOwnerPart(network),
    mode: forward === undefined ? "isolated" : forward === "nat" ? "nat" : "routed",
    gateway: ip["address"] === undefined ? null : `${ip["address"]}/${prefixOf(ip)}`,
    bridge: find(network, "bridge")?.attributes["name"] ?? "",
    domain: find(network, "domain")?.attributes["name"] ?? null,
    reservations: hosts.map(({ attributes: { mac = "", ip: address = "", name } }) => ({
      mac,
      address,
      ...(name === undefined ? {} : { name }),
    })),
  };
}

/** libvirt keeps either the prefix or the netmask, as it was written. */
function prefixOf(ip: Readonly<Record<string, string>>): number {
  if (ip["prefix"] !== undefined) return Number(ip["prefix"]);
  const bits = (ip["netmask"] ?? "255.255.255.0").split(".").map((octet) => Number(octet).toString(2));
  return bits.join("").replaceAll("0", "").length;
}
