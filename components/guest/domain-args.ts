import type * as pulumi from "@pulumi/pulumi";
import type { PlacedGuest } from "../../definitions/placement/place-farm";
import type { ResolvedNic } from "../../definitions/resolved";
import type { DomainSpec, NicSpec } from "../../hypervisor/domain/spec";
import type { OwnerMark } from "../../hypervisor/owner";
import type { HypervisorSpec } from "../../hypervisor/spec";
import type { DomainArgs } from "../../providers/domain";
import type { BaseImageFacts } from "../base-image";
import { ProgramError } from "../program-error";

/** What a domain is made from. */
export interface DomainParts {
  readonly guest: PlacedGuest;
  readonly hypervisor: pulumi.Output<HypervisorSpec>;
  readonly image: pulumi.Output<BaseImageFacts>;
  readonly owner: pulumi.Output<OwnerMark>;
  /** First-boot seed, text by file name; undefined: no seed drive. Secret. */
  readonly seed: pulumi.Output<Record<string, string> | undefined>;
  /** Absolute paths of the data disks that the farm makes, by name. */
  readonly dataDisks: pulumi.Output<Record<string, string>>;
}

/** Inputs of a guest's domain. Each is an output of its own, so that a preview shows what is known already. */
export function domainArgs(parts: DomainParts): DomainArgs {
  const { guest, image } = parts;
  return {
    hypervisor: parts.hypervisor,
    owner: parts.owner,
    name: guest.domainName,
    type: guest.type,
    arch: guest.arch,
    machine: guest.machine,
    cpu: guest.cpu,
    emulator: guest.emulator,
    vcpus: guest.vcpus,
    memoryMiB: guest.memoryMiB,
    firmware: image.apply((facts) => firmwareOf(guest, facts)),
    baseImage: image.apply(({ path, digest, format }) => ({ path, digest, format })),
    rootDisk: guest.rootDisk,
    extraDisks: parts.dataDisks.apply((paths) => extraDisks(guest, paths)),
    nics: guest.nics.map(nicSpec),
    seed: parts.seed,
    seedBus: guest.seedBus,
    clock: guest.clock,
    defaultBus: guest.defaultBus,
    keepRunning: guest.keepRunning ? true : undefined,
    template: guest.template?.text,
  };
}

function firmwareOf(guest: PlacedGuest, image: BaseImageFacts): DomainSpec["firmware"] {
  const { firmware } = guest;
  if (firmware.kind !== "kernel") return firmware;
  const { kernel, initrd, cmdline = "" } = firmware;
  if (kernel !== undefined)
    return { kind: "kernel", kernel, cmdline, ...(initrd === undefined ? {} : { initrd }) };
  if (image.boot === undefined) {
    throw new ProgramError(
      `guest "${guest.name}" boots a kernel, but its definition names none and its image brings none`,
    );
  }
  const both = [image.boot.cmdline, cmdline].filter(Boolean).join(" ");
  return { kind: "kernel", ...image.boot, cmdline: both };
}

function extraDisks(guest: PlacedGuest, paths: Readonly<Record<string, string>>): DomainSpec["extraDisks"] {
  return guest.extraDisks.map(({ name, path, format, readOnly }) => {
    const file = path ?? paths[name];
    if (file === undefined)
      throw new Error(`no volume was made for data disk "${name}" of guest "${guest.name}"`);
    return { path: file, format, readOnly };
  });
}

function nicSpec(nic: ResolvedNic): NicSpec {
  switch (nic.kind) {
    case "user":
      return {
        kind: "user",
        mac: nic.mac,
        forwards: nic.forwards.map((forward) => ({ ...forward })),
        ...(nic.backend === "passt" ? { backend: nic.backend } : {}),
      };
    case "network": {
      const address = nic.address === undefined ? {} : { address: nic.address };
      return { kind: "network", mac: nic.mac, network: nic.network, ...address };
    }
    case "bridge":
      return { kind: "bridge", mac: nic.mac, bridge: nic.bridge };
    case "vde":
      return { kind: "vde", mac: nic.mac, socket: nic.socket };
    case "macvtap":
      return { kind: "macvtap", mac: nic.mac, device: nic.device };
    case "ethernet":
      return { kind: "ethernet", mac: nic.mac, device: nic.device };
  }
}
