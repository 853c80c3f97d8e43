import type { DomainSpec } from "../spec";
import type { XmlPart } from "./parts";

/** What differs between machines, as far as definitions care. */
export interface MachineTraits {
  /** QEMU's name of the bus for devices that libvirt does not place; null: the machine has no PCI. */
  readonly pciBus: "pci.0" | "pcie.0" | null;
  /** The machine has ACPI without help of a firmware. */
  readonly acpi: "always" | "with UEFI" | "never";
  readonly apic: boolean;
  /** The interrupt controller has versions. */
  readonly gic: boolean;
  /** Device of the serial console. */
  readonly console: "serial" | "sclp";
}

const PC: MachineTraits = { pciBus: "pci.0", acpi: "always", apic: true, gic: false, console: "serial" };
const ARM: MachineTraits = { pciBus: "pcie.0", acpi: "with UEFI", apic: false, gic: true, console: "serial" };
const PLAIN: MachineTraits = { pciBus: "pcie.0", acpi: "never", apic: false, gic: false, console: "serial" };

/** Traits of a machine of an architecture, both by libvirt's names. An unknown architecture gets PCIe and no ACPI. */
export function machineTraits(arch: string, machine: string): MachineTraits {
  switch (arch) {
    case "x86_64":
    case "i686":
      return /^(pc-)?q35/.test(machine) ? { ...PC, pciBus: "pcie.0" } : PC;
    case "aarch64":
      return ARM;
    case "armv7l":
      return { ...ARM, acpi: "never" };
    case "ppc64":
    case "ppc64le":
      return { ...PLAIN, pciBus: "pci.0" };
    case "s390x":
      return { ...PLAIN, pciBus: null, console: "sclp" };
    default:
      return PLAIN;
  }
}

/**
 * Machines are written by their short name (`pc`) and kept by libvirt under the versioned one
 * (`pc-i440fx-7.2`), so that a newer QEMU does not change a guest. Both are the same wish.
 */
export function sameMachine(wanted: string, found: string): boolean {
  if (wanted === found) return true;
  const families: Readonly<Record<string, RegExp>> = {
    pc: /^pc-(i440fx-)?\d/,
    q35: /^pc-q35-\d/,
  };
  const family = families[wanted];
  return family === undefined ? isVersionOf(wanted, found) : family.test(found);
}

function isVersionOf(family: string, found: string): boolean {
  return found.startsWith(`${family}-`) && /^\d/.test(found.slice(family.length + 1));
}

export function featuresPart(spec: DomainSpec): XmlPart {
  const traits = machineTraits(spec.arch, spec.machine);
  const acpi = traits.acpi === "always" || (traits.acpi === "with UEFI" && spec.firmware.kind === "uefi");
  return {
    ...(acpi ? { acpi: {} } : {}),
    ...(traits.apic ? { apic: {} } : {}),
    // Emulation offers both versions, and version 2 ends at eight processors. With KVM the host decides.
    ...(traits.gic && spec.type === "qemu" ? { gic: { "@version": spec.vcpus > 8 ? "3" : "2" } } : {}),
  };
}

export function cpuPart({ cpu }: DomainSpec): XmlPart {
  if (cpu.mode !== "custom") return { "@mode": cpu.mode };
  return {
    "@mode": "custom",
    "@match": "exact",
    model: { "@fallback": "forbid", "#": cpu.model ?? "" },
  };
}
