import type { DomainSpec, NicSpec } from "../spec";
import { machineTraits } from "./machine";
import type { XmlPart } from "./parts";

type NicOf<Kind extends NicSpec["kind"]> = Extract<NicSpec, { kind: Kind }>;

/** Network cards that libvirt knows, one `<interface>` each. */
export function interfaceParts(spec: DomainSpec): readonly XmlPart[] {
  return spec.nics.flatMap((nic) => {
    const part = interfacePart(nic);
    // No network boot: the option ROM would only be one more thing that a resumed guest has to find unchanged.
    const rom = machineTraits(spec.arch, spec.machine).pciBus === null ? {} : { rom: { "@enabled": "no" } };
    return part === null ? [] : [{ ...part, model: { "@type": "virtio" }, ...rom }];
  });
}

function interfacePart(nic: NicSpec): XmlPart | null {
  const mac = { "@address": nic.mac };
  switch (nic.kind) {
    case "network":
      return { "@type": "network", mac, source: { "@network": nic.network } };
    case "bridge":
      return { "@type": "bridge", mac, source: { "@bridge": nic.bridge } };
    case "ethernet":
      return { "@type": "ethernet", mac, target: { "@dev": nic.device, "@managed": "no" } };
    case "macvtap":
      return { "@type": "direct", mac, source: { "@dev": nic.device, "@mode": "bridge" } };
    case "user":
      return nic.backend === undefined ? null : passtPart(nic);
    case "vde":
      return null;
  }
}

/** Whether a card is one of QEMU's arguments, because libvirt does not know it. */
export function isByArgument(nic: NicSpec): nic is NicOf<"user"> | NicOf<"vde"> {
  return nic.kind === "vde" || (nic.kind === "user" && nic.backend === undefined);
}

/** Format: libvirt's domain XML, "Userspace connection using passt". */
function passtPart({ mac, forwards }: NicOf<"user">): XmlPart {
  return {
    "@type": "user",
    mac: { "@address": mac },
    backend: { "@type": "passt" },
    portForward: forwards.map(({ hostAddress, hostPort, guestPort }) => ({
      "@proto": "tcp",
      "@address": hostAddress,
      range: { "@start": `${hostPort}`, "@to": `${guestPort}` },
    })),
  };
}

/** First PCI slot of the cards that libvirt does not know. libvirt fills slots from 1 up; chipsets use 0x1a to 0x1f. */
const FIRST_SLOT = 0x10;

/**
 * QEMU arguments for user-mode and VDE networks. Each card has a fixed address, so that it never takes one that
 * libvirt gives to another device and is the same device after every restore.
 */
export function qemuArguments(spec: DomainSpec): readonly string[] {
  return spec.nics.flatMap((nic, index) => {
    if (!isByArgument(nic)) return [];
    const id = `farmnet${index}`;
    const backend = nic.kind === "user" ? userNetwork(nic, id) : `vde,id=${id},sock=${escaped(nic.socket)}`;
    return ["-netdev", backend, "-device", card(spec, nic.mac, id, index)];
  });
}

function userNetwork(nic: NicOf<"user">, id: string): string {
  const forwards = nic.forwards.map(
    ({ hostAddress, hostPort, guestPort }) => `hostfwd=tcp:${escaped(hostAddress)}:${hostPort}-:${guestPort}`,
  );
  // Without IPv6 on the host the guest would try addresses that lead nowhere first.
  return ["user", `id=${id}`, "ipv6=off", ...forwards].join(",");
}

function card(spec: DomainSpec, mac: string, netdev: string, index: number): string {
  const { pciBus } = machineTraits(spec.arch, spec.machine);
  const options = `netdev=${netdev},id=${netdev}-card,mac=${escaped(mac)}`;
  return pciBus === null
    ? `virtio-net-ccw,${options},devno=fe.0.${(0xff00 + index).toString(16)}`
    : `virtio-net-pci,${options},romfile=,bus=${escaped(spec.defaultBus ?? pciBus)},addr=0x${(FIRST_SLOT + index).toString(16)}`;
}

/** QEMU's option lists end a value at a comma; a comma inside is written twice. */
function escaped(value: string): string {
  return value.replaceAll(",", ",,");
}
