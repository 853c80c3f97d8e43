import { createHash } from "node:crypto";
import { UserError } from "../../definitions/user-error";
import type { NetworkSpec } from "./spec";

/** Addresses of a network. */
export interface NetworkAddresses {
  /** The hypervisor's own. */
  readonly gateway: string;
  readonly prefix: number;
  /** First and last address that DHCP gives away. */
  readonly range: { readonly first: string; readonly last: string };
}

/** dnsmasq does not take ranges above this size. */
const MAX_RANGE = 65_536;

/** Addresses of an IPv4 network in CIDR notation. @throws UserError for anything else. */
export function networkAddresses(cidr: string): NetworkAddresses {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr);
  const octets = match?.slice(1, 5).map(Number) ?? [];
  const prefix = Number(match?.[5]);
  if (match === null || octets.some((octet) => octet > 255) || prefix < 8 || prefix > 29) {
    throw new UserError({
      what: "not an IPv4 network that guests can have",
      path: "cidr",
      found: cidr,
      allowed: "a network as 192.168.50.0/24, with a prefix from 8 to 29",
    });
  }
  const given = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const size = 2 ** (32 - prefix);
  const network = given - (given % size);
  const gateway = given === network ? network + 1 : given;
  const last = network + size - 2;
  const first = gateway === network + 1 ? network + 2 : network + 1;
  return {
    gateway: dotted(gateway),
    prefix,
    range: { first: dotted(first), last: dotted(Math.min(last, first + MAX_RANGE - 2)) },
  };
}

/** Whether an address can be a guest's in a network. */
export function isInside(address: string, { gateway, prefix }: NetworkAddresses): boolean {
  const size = 2 ** (32 - prefix);
  const place = numeric(address) % size;
  const sameNetwork = Math.floor(numeric(address) / size) === Math.floor(numeric(gateway) / size);
  return sameNetwork && place !== 0 && place !== size - 1 && address !== gateway;
}

/** Name of a network's bridge: the kernel allows 15 characters, and two farms may use one network name. */
export function bridgeName({ bridge, owner, name }: Pick<NetworkSpec, "bridge" | "owner" | "name">): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([owner.farm, owner.stack, name]))
    .digest("hex");
  return bridge ?? `gf-${digest.slice(0, 10)}`;
}

function numeric(address: string): number {
  return address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
