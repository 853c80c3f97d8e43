import { guestDisks } from "../../../hypervisor/domain/disks";
import type { DomainSpec } from "../../../hypervisor/domain/spec";
import { layerDisk } from "../../../hypervisor/domain/layers";
import type { DomainPlan } from "../../../hypervisor/domain/xml/parts";
import { guestFiles } from "../../../hypervisor/guest-files";

/** A complete specification; tests change what they are about. */
export function sampleDomain(changes: Partial<DomainSpec> = {}): DomainSpec {
  return {
    hypervisor: {
      name: "local",
      uri: "qemu:///system",
      connection: { type: "local" },
      diskPoolPath: "/pool",
      imageCachePath: "/images",
    },
    owner: { farm: "f1", stack: "quickstart", guest: "web", version: "0.1.0" },
    name: "farm web",
    type: "qemu",
    arch: "x86_64",
    machine: "pc",
    cpu: { mode: "custom", model: "Nehalem" },
    vcpus: 2,
    memoryMiB: 512,
    firmware: { kind: "bios" },
    baseImage: { path: "/images/base.qcow2", digest: "sha256:abc", format: "qcow2" },
    rootDisk: { bus: "virtio" },
    extraDisks: [],
    nics: [],
    seedBus: "ide",
    clock: "utc",
    ...changes,
  };
}

/** The plan of a guest as it is right after its creation. */
export function samplePlan(spec: DomainSpec): DomainPlan {
  const files = guestFiles(spec.hypervisor.diskPoolPath, spec.name);
  const disks = guestDisks(spec);
  return {
    spec,
    layout: {
      uuid: "6f0c7a52-5b0e-4d6e-9a51-3c7d3f7f2a10",
      files,
      disks,
      sources: Object.fromEntries(
        disks.writable.map(({ device }) => [device, layerDisk(files, "0123456789ab", device)]),
      ),
      seed: spec.seed === undefined ? null : files.seed,
    },
  };
}
