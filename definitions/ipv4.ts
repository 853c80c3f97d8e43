/** An IPv4 network. */
export interface Ipv4Network {
  /** First and last address, as numbers: the network's own and the broadcast. */
  readonly first: number;
  readonly last: number;
  /** The address as it is written before the prefix: that of the bridge, or the network's own. */
  readonly written: number;
}

/** An address as a number; undefined for anything else. Zeros in front, which some read as octal, are no address. */
export function ipv4Number(text: string): number | undefined {
  if (!/^(?:0|[1-9][0-9]{0,2})(?:\.(?:0|[1-9][0-9]{0,2})){3}$/.test(text)) return undefined;
  const octets = text.split(".").map(Number);
  return octets.every((octet) => octet <= 255)
    ? octets.reduce((sum, octet) => sum * 256 + octet, 0)
    : undefined;
}

/** A network in CIDR notation; undefined for anything else. */
export function ipv4Network(cidr: string): Ipv4Network | undefined {
  const [address = "", prefix = "", ...others] = cidr.split("/");
  const written = ipv4Number(address);
  if (written === undefined || !/^(?:[0-9]|[12][0-9]|3[0-2])$/.test(prefix) || others.length > 0)
    return undefined;
  const size = 2 ** (32 - Number(prefix));
  const first = written - (written % size);
  return { first, last: first + size - 1, written };
}

/** The hypervisor's own address in a network of the farm. */
export function bridgeAddress({ first, written }: Ipv4Network): number {
  return written === first ? first + 1 : written;
}

export function overlap(one: Ipv4Network, other: Ipv4Network): boolean {
  return one.first <= other.last && other.first <= one.last;
}

export function ipv4Text(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
