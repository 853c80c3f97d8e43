import type { OwnerMark } from "../../owner";
import type { DomainSpec, NicSpec } from "../spec";
import { readOwnerPart } from "./owner-part";
import { childrenOf, find, parseXml, textAt, type XmlElement } from "./parse";
import { readNics } from "./read-nics";

/** A disk or CD-ROM drive of a definition. */
export interface DiskFacts {
  readonly device: string;
  readonly bus: string;
  readonly kind: string;
  /** Null: the drive is empty, or the source is no file. */
  readonly source: string | null;
  readonly format: string;
  readonly readOnly: boolean;
}

/** What a definition says about the things that a specification speaks of, whoever wrote it. */
export interface DefinitionFacts {
  readonly name: string;
  readonly uuid: string;
  readonly owner: OwnerMark | null;
  readonly type: string;
  readonly arch: string;
  readonly machine: string;
  readonly cpu: { readonly mode: string; readonly model: string | null };
  readonly emulator: string | null;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly firmware: DomainSpec["firmware"];
  readonly clock: string;
  readonly disks: readonly DiskFacts[];
  readonly nics: readonly NicSpec[];
}

/** Reads a definition: libvirt's, or one that was just built. @throws Error when it is no domain. */
export function readDefinition(xml: string): DefinitionFacts {
  const domain = parseXml(xml);
  if (domain.name !== "domain") throw new Error(`not the definition of a domain: <${domain.name}>`);
  const type = find(domain, "os", "type")?.attributes ?? {};
  return {
    name: textAt(domain, "name") ?? "",
    uuid: textAt(domain, "uuid") ?? "",
    owner: readOwnerPart(domain),
    type: domain.attributes["type"] ?? "",
    arch: type["arch"] ?? "",
    machine: type["machine"] ?? "",
    cpu: {
      mode: find(domain, "cpu")?.attributes["mode"] ?? "custom",
      model: textAt(domain, "cpu", "model") ?? null,
    },
    emulator: textAt(domain, "devices", "emulator") ?? null,
    vcpus: Number(textAt(domain, "vcpu") ?? "1"),
    memoryMiB: memoryMiB(find(domain, "memory")),
    firmware: readFirmware(domain),
    clock: find(domain, "clock")?.attributes["offset"] ?? "utc",
    disks: (find(domain, "devices")?.children ?? []).filter(({ name }) => name === "disk").map(readDisk),
    nics: readNics(domain),
  };
}

function readFirmware(domain: XmlElement): DomainSpec["firmware"] {
  const kernel = textAt(domain, "os", "kernel");
  const loader = find(domain, "os", "loader");
  if (kernel !== undefined) {
    const initrd = textAt(domain, "os", "initrd");
    const cmdline = textAt(domain, "os", "cmdline") ?? "";
    return { kind: "kernel", kernel, cmdline, ...(initrd === undefined ? {} : { initrd }) };
  }
  if (loader !== undefined) {
    const varsTemplate = find(domain, "os", "nvram")?.attributes["template"] ?? "";
    return { kind: "uefi", code: loader.text, varsTemplate };
  }
  return { kind: "bios" };
}

function readDisk(disk: XmlElement): DiskFacts {
  const target = find(disk, "target")?.attributes ?? {};
  return {
    device: target["dev"] ?? "",
    bus: target["bus"] ?? "",
    kind: disk.attributes["device"] ?? "disk",
    source: find(disk, "source")?.attributes["file"] ?? null,
    format: find(disk, "driver")?.attributes["type"] ?? "raw",
    readOnly: childrenOf(disk, "readonly").length > 0,
  };
}

/** Bytes by libvirt's unit names; without a unit it is KiB. */
const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  bytes: 1,
  KB: 1000,
  k: 1024,
  KiB: 1024,
  MB: 1000 ** 2,
  M: 1024 ** 2,
  MiB: 1024 ** 2,
  GB: 1000 ** 3,
  G: 1024 ** 3,
  GiB: 1024 ** 3,
};

function memoryMiB(memory: XmlElement | undefined): number {
  const unit = UNITS[memory?.attributes["unit"] ?? "KiB"] ?? 1024;
  return Math.round((Number(memory?.text ?? "0") * unit) / 1024 ** 2);
}
