import { createHash } from "node:crypto";
import { PythonRandom } from "./python-random";

/** Endless candidates for an identity, in an order that only its owner's name decides. */
export type Candidates<T> = Generator<T, never>;

/** MAC addresses under QEMU's prefix for the `nic`-th card of a domain. */
export function* macCandidates(domain: string, nic: number): Candidates<string> {
  for (let attempt = 0; ; attempt++) {
    const digest = createHash("sha256")
      .update(JSON.stringify(["mac", domain, nic, attempt]))
      .digest("hex");
    yield formatMac(digest.slice(0, 6));
  }
}

/** Ports of the hypervisor for a forward into a domain. */
export function* portCandidates(
  domain: string,
  nic: number,
  guestPort: number,
  range: { readonly from: number; readonly to: number },
): Candidates<number> {
  const size = range.to - range.from + 1;
  const digest = createHash("sha256")
    .update(JSON.stringify(["port", domain, nic, guestPort]))
    .digest();
  const first = digest.readUInt32BE(0) % size;
  for (let attempt = 0; ; attempt++) yield range.from + ((first + attempt) % size);
}

/** MAC addresses as Ansible's `random_mac('52:54:00', seed=name)` makes them. */
export function* ansibleMacCandidates(seed: string): Candidates<string> {
  const random = new PythonRandom(seed);
  for (;;) yield formatMac(random.randint(0x1000000000n, 0xffffffffffn).toString(16).slice(0, 6));
}

/** Ports as Ansible's `65535 | random(start=2201, seed=name)` makes them. */
export function* ansiblePortCandidates(seed: string): Candidates<number> {
  const random = new PythonRandom(seed);
  for (;;) yield random.randrange(2201, 65535);
}

function formatMac(sixDigits: string): string {
  return `52:54:00:${sixDigits.slice(0, 2)}:${sixDigits.slice(2, 4)}:${sixDigits.slice(4, 6)}`;
}

/** A host name for any guest name: lower case, letters, digits and dashes, 63 at most. */
export function hostnameOf(guest: string): string {
  const plain = guest
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  if (plain !== "" && plain.length <= 63) return plain;
  const digest = createHash("sha256").update(guest).digest("hex").slice(0, 8);
  return plain === "" ? `guest-${digest}` : `${plain.slice(0, 54).replace(/-+$/, "")}-${digest}`;
}
