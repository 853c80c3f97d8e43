import { createHash } from "node:crypto";
import type { ArchFacts } from "../../definitions/placement/facts";
import { childrenOf, find, parseXml, textAt, type XmlElement } from "../domain/xml/parse";

/** The processor of a host, as far as a memory file cares. */
export interface HostCpu {
  readonly model: string;
  readonly vendor: string;
  /** Digest of everything that a guest could see of it: another one, and memory files are not resumed. */
  readonly signature: string;
}

export interface Capabilities {
  /** libvirt's id of the host; changes with its hardware or its reinstallation. */
  readonly hostId: string;
  readonly cpu: HostCpu;
  /** By libvirt's architecture name; `kvm` as libvirt believes it, not as it was seen. */
  readonly arches: Readonly<Record<string, ArchFacts>>;
}

/** Reads `virsh capabilities`. */
export function readCapabilities(xml: string): Capabilities {
  const root = parseXml(xml);
  const guests = childrenOf(root, "guest").filter((guest) => textAt(guest, "os_type") === "hvm");
  return {
    hostId: textAt(root, "host", "uuid") ?? "",
    cpu: readCpu(find(root, "host", "cpu")),
    arches: Object.fromEntries(
      guests.flatMap((guest) => {
        const arch = find(guest, "arch");
        const name = arch?.attributes["name"];
        return arch === undefined || name === undefined ? [] : [[name, readArch(arch)]];
      }),
    ),
  };
}

function readArch(arch: XmlElement): ArchFacts {
  const domains = childrenOf(arch, "domain");
  const all = (name: string) => [arch, ...domains].flatMap((element) => childrenOf(element, name));
  const machines = all("machine").flatMap(({ text, attributes }) => [text, attributes["canonical"] ?? text]);
  const types = domains.map(({ attributes }) => attributes["type"]);
  return {
    domainTypes: (["kvm", "qemu"] as const).filter((type) => types.includes(type)),
    machines: unique(machines),
    emulators: unique(all("emulator").map(({ text }) => text)),
  };
}

/** The clock frequency is left out: it is measured anew at every boot. */
function readCpu(cpu: XmlElement | undefined): HostCpu {
  const attributes = (name: string) => cpu?.children.filter((child) => child.name === name) ?? [];
  const seen = {
    arch: cpu && textAt(cpu, "arch"),
    model: cpu && textAt(cpu, "model"),
    vendor: cpu && textAt(cpu, "vendor"),
    signature: attributes("signature").map((element) => element.attributes),
    microcode: attributes("microcode").map((element) => element.attributes),
    features: attributes("feature")
      .map((element) => element.attributes["name"])
      .sort(),
  };
  return {
    model: seen.model ?? "",
    vendor: seen.vendor ?? "",
    signature: createHash("sha256").update(JSON.stringify(seen)).digest("hex"),
  };
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}
