import { canonicalJson } from "../../definitions/canonical-json";
import { sameData } from "../same-data";
import type { DomainSpec, NicSpec } from "./spec";
import { sameMachine } from "./xml/machine";
import type { DefinitionFacts, DiskFacts } from "./xml/read-definition";

/**
 * The specification as it would have to be for the definition that was found. Only what the user asked for is
 * compared: what libvirt adds, disk files that snapshots have moved, an ejected seed and the NVRAM's path are as
 * they should be.
 * @param wanted what our own definition of `spec` says
 * @param found what libvirt's definition says
 */
export function observedSpec(spec: DomainSpec, wanted: DefinitionFacts, found: DefinitionFacts): DomainSpec {
  const differs = (key: keyof DefinitionFacts) => !sameData(wanted[key], found[key]);
  return {
    ...spec,
    ...(differs("type") ? { type: found.type === "kvm" ? "kvm" : "qemu" } : {}),
    ...(differs("arch") ? { arch: found.arch } : {}),
    ...(sameMachine(wanted.machine, found.machine) ? {} : { machine: found.machine }),
    ...(differs("cpu") ? { cpu: observedCpu(found) } : {}),
    ...(wanted.emulator !== null && differs("emulator") ? { emulator: found.emulator ?? "" } : {}),
    ...(differs("vcpus") ? { vcpus: found.vcpus } : {}),
    ...(differs("memoryMiB") ? { memoryMiB: found.memoryMiB } : {}),
    ...(differs("firmware") ? { firmware: found.firmware } : {}),
    ...(differs("clock") ? { clock: found.clock === "localtime" ? "localtime" : "utc" } : {}),
    ...(found.owner === null ? {} : { owner: found.owner }),
    ...observedNics(spec, wanted.nics, found.nics),
    ...observedDisks(spec, wanted.disks, found.disks),
  };
}

function observedCpu({ cpu }: DefinitionFacts): DomainSpec["cpu"] {
  if (cpu.mode === "maximum" || cpu.mode === "host-passthrough") return { mode: cpu.mode };
  return { mode: "custom", model: cpu.model ?? `(${cpu.mode})` };
}

/** Cards are the same in any order. A reserved address is no part of a domain: it is taken as asked for. */
function observedNics(
  spec: DomainSpec,
  wanted: readonly NicSpec[],
  found: readonly NicSpec[],
): Pick<Partial<DomainSpec>, "nics"> {
  const sorted = (nics: readonly NicSpec[]) => nics.map((nic) => canonicalJson(nic)).sort();
  if (sameData(sorted(wanted), sorted(found))) return {};
  return {
    nics: found.map((nic) => {
      const asked = spec.nics.find(({ kind, mac }) => kind === nic.kind && mac === nic.mac);
      return nic.kind === "network" && asked?.kind === "network" && asked.address !== undefined
        ? { ...nic, address: asked.address }
        : nic;
    }),
  };
}

function observedDisks(
  spec: DomainSpec,
  wanted: readonly DiskFacts[],
  found: readonly DiskFacts[],
): Partial<DomainSpec> {
  const drive = (disks: readonly DiskFacts[]) => disks.some(({ kind }) => kind === "cdrom");
  const hard = (disks: readonly DiskFacts[]) => disks.filter(({ kind }) => kind === "disk");
  const intent = (disks: readonly DiskFacts[]) =>
    hard(disks).map(({ device, readOnly, source }) => ({
      device,
      readOnly,
      source: readOnly ? source : null,
    }));
  const bus = hard(found)[0]?.bus;
  const extras = hard(found).slice(1);
  return {
    ...(drive(wanted) && !drive(found) ? { seed: undefined } : {}),
    ...(bus !== hard(wanted)[0]?.bus ? { rootDisk: { ...spec.rootDisk, bus: knownBus(bus) } } : {}),
    ...(sameData(intent(wanted), intent(found))
      ? {}
      : {
          extraDisks: extras.map((disk) => ({
            path: disk.source ?? "/",
            format: disk.format === "raw" ? "raw" : "qcow2",
            readOnly: disk.readOnly,
          })),
        }),
  };
}

function knownBus(bus: string | undefined): DomainSpec["rootDisk"]["bus"] {
  return bus === "scsi" || bus === "sata" ? bus : "virtio";
}
