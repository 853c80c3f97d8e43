import { isIP } from "node:net";
import { z } from "zod";
import { oneWordOf, port, strictMap, text } from "./scalars";

const mac = z
  .string("a MAC address as 52:54:00:12:34:56")
  .regex(/^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$/, "a MAC address as 52:54:00:12:34:56")
  .refine((written) => !(parseInt(written.slice(0, 2), 16) & 1), "a MAC address of one card: the first two digits even")
  .refine((written) => /[1-9a-f]/i.test(written), "a MAC address that is not all zeros")
  .optional();
const ADDRESS = "an IP address, with the prefix length as 10.0.0.21/24, and without zeros in front";
const address = text(ADDRESS).refine(isCardAddress, ADDRESS).optional();
const HOST_ADDRESS = "an IP address of the hypervisor, as 127.0.0.1 or 0.0.0.0";

function isCardAddress(written: string): boolean {
  const [ip = "", prefix, ...others] = written.split("/");
  const kind = isIP(ip);
  const known = prefix === undefined || (/^[0-9]{1,3}$/.test(prefix) && Number(prefix) <= (kind === 6 ? 128 : 32));
  return kind !== 0 && known && others.length === 0;
}

const forward = z.union(
  [
    port().transform((guestPort) => ({ guestPort, hostPort: undefined, hostAddress: undefined })),
    strictMap(
      { guestPort: port(), hostPort: port().optional(), hostAddress: text(HOST_ADDRESS).refine((ip) => isIP(ip) !== 0, HOST_ADDRESS).optional() },
      "a port or a map",
    ),
  ],
  "a port of the guest, or {guestPort, hostPort, hostAddress}",
);

/** A network card as the farm file has it. Ports and MACs that are left out are found by guest-farm. */
export const NicDefinition = z.discriminatedUnion(
  "kind",
  [
    strictMap({
      kind: z.literal("user"),
      mac,
      forwards: z.array(forward, "a list of ports").optional(),
      /** What carries the packets; `auto`: passt where libvirt can use it, else QEMU itself. */
      backend: oneWordOf(["auto", "passt", "slirp"]).optional(),
    }),
    strictMap({ kind: z.literal("network"), mac, network: text("name of a libvirt network"), address }),
    strictMap({ kind: z.literal("bridge"), mac, bridge: text("name of a bridge of the host"), address }),
    strictMap({
      kind: z.literal("vde"),
      mac,
      socket: text("a VDE socket or URL, as vxvde://234.0.0.1"),
      address,
    }),
    strictMap({
      kind: z.literal("ethernet"),
      mac,
      device: text("name of a tap device of the host"),
      address,
    }),
    strictMap({
      kind: z.literal("macvtap"),
      mac,
      device: text("name of a network card of the host"),
      address,
    }),
  ],
  "a map with kind: user, network, bridge, vde, ethernet or macvtap",
);
export type NicDefinition = z.infer<typeof NicDefinition>;
