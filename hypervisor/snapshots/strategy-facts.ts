import type { DomainSpec } from "../domain/spec";
import { layerOfDisk } from "../domain/layers";
import { find, parseXml } from "../domain/xml/parse";
import { readDefinition } from "../domain/xml/read-definition";
import type { GuestFiles } from "../guest-files";
import type { StrategyFacts } from "./strategy";

/** Devices that QEMU cannot save or that are outside of what it saves. */
const UNSAVABLE = ["hostdev", "filesystem"];

/** Facts as far as a specification tells them: for previews, before there is a domain. Guests write into qcow2 layers. */
export function factsOfSpec(
  spec: Pick<DomainSpec, "firmware" | "type" | "arch">,
  libvirt: string | null,
): StrategyFacts {
  return {
    disksOutside: [],
    diskFormat: "qcow2",
    pflash: spec.firmware.kind === "uefi",
    unsavable: [],
    emulatedPower: isEmulatedPower(spec),
    libvirt,
  };
}

/** Facts of a definition, which a user's template may have given more disks and devices than we know of. */
export function factsOfDefinition(xml: string, files: GuestFiles, libvirt: string | null): StrategyFacts {
  const definition = readDefinition(xml);
  const writable = definition.disks.filter(({ kind, readOnly }) => kind === "disk" && !readOnly);
  const inside = writable.filter(({ source }) => source !== null && layerOfDisk(files, source) !== null);
  const devices = find(parseXml(xml), "devices")?.children ?? [];
  return {
    disksOutside: writable.filter((disk) => !inside.includes(disk)).map(({ device }) => device),
    diskFormat: inside.every(({ format }) => format === "qcow2") ? "qcow2" : "raw",
    pflash: definition.firmware.kind === "uefi",
    unsavable: UNSAVABLE.filter((name) => devices.some((device) => device.name === name)),
    emulatedPower: isEmulatedPower(definition),
    libvirt,
  };
}

function isEmulatedPower({ type, arch }: { readonly type: string; readonly arch: string }): boolean {
  return type === "qemu" && arch.startsWith("ppc64");
}
