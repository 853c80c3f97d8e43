import { UserError, type Mistake } from "../../definitions/user-error";
import { machineTraits } from "./xml/machine";
import { isByArgument } from "./xml/nics";
import type { DomainSpec } from "./spec";

/** Cards with a fixed address: one PCI slot each, from 0x10 to 0x19. */
const MAX_FIXED_CARDS = 10;

/**
 * What a specification of the right shape still cannot mean. Pure: for previews.
 * @returns the mistakes, none when the domain can be defined.
 */
export function domainMistakes(spec: DomainSpec): readonly Mistake[] {
  return [...nameMistakes(spec), ...machineMistakes(spec), ...diskMistakes(spec), ...seedMistakes(spec)];
}

/** @throws UserError listing all of `domainMistakes`. */
export function assertDefinable(spec: DomainSpec): void {
  const mistakes = domainMistakes(spec);
  if (mistakes.length > 0) throw new UserError(mistakes);
}

function nameMistakes({ name }: DomainSpec): readonly Mistake[] {
  const ambiguous = /^\d+$/.test(name) || /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(name);
  // eslint-disable-next-line no-control-regex -- these are what libvirt and XML cannot hold
  const unwritable = /[\u0000-\u001f\u007f/]/.test(name);
  return [
    ...(ambiguous
      ? [
          {
            what: "libvirt would take this domain name for an id or a UUID",
            path: "name",
            found: name,
            remedy: "set a domainPrefix with a letter in it",
          },
        ]
      : []),
    ...(unwritable
      ? [
          {
            what: "libvirt does not take this domain name",
            path: "name",
            found: JSON.stringify(name),
            allowed: "any text without slashes and control characters",
          },
        ]
      : []),
  ];
}

function machineMistakes(spec: DomainSpec): readonly Mistake[] {
  const fixed = spec.nics.filter(isByArgument).length;
  return [
    ...(spec.cpu.mode === "custom" && !spec.cpu.model
      ? [
          {
            what: "a custom CPU needs a model",
            path: "cpu.model",
            remedy: "name a model or use mode: maximum",
          },
        ]
      : []),
    ...(spec.cpu.mode === "host-passthrough" && spec.type !== "kvm"
      ? [
          {
            what: "an emulated guest cannot have the host's CPU",
            path: "cpu.mode",
            found: "host-passthrough",
            allowed: "maximum, custom",
          },
        ]
      : []),
    ...(fixed > MAX_FIXED_CARDS
      ? [
          {
            what: "too many user-mode and VDE network cards",
            path: "nics",
            found: String(fixed),
            allowed: `at most ${MAX_FIXED_CARDS}`,
          },
        ]
      : []),
  ];
}

function diskMistakes(spec: DomainSpec): readonly Mistake[] {
  const traits = machineTraits(spec.arch, spec.machine);
  return [
    ...(spec.rootDisk.bus === "sata" && spec.extraDisks.some(({ readOnly }) => readOnly)
      ? [
          {
            what: "QEMU has no read-only SATA disks",
            path: "extraDisks",
            remedy: "use bus virtio or scsi, or let the disk be writable (what a guest writes is kept apart)",
          },
        ]
      : []),
    ...(spec.seed !== undefined && spec.seedBus === "ide" && traits.pciBus !== "pci.0"
      ? [
          {
            what: `machine ${spec.machine} of ${spec.arch} has no IDE bus for the seed's drive`,
            path: "seedBus",
            found: "ide",
            allowed: "sata, scsi",
          },
        ]
      : []),
  ];
}

function seedMistakes({ seed = {} }: DomainSpec): readonly Mistake[] {
  return Object.keys(seed)
    .filter((name) => !/^([A-Za-z0-9][A-Za-z0-9._-]{0,63}\/)?[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name))
    .map((name) => ({
      what: "the seed has a file whose name a seed medium cannot hold",
      path: "seed",
      found: JSON.stringify(name),
      allowed: "up to 64 letters, digits, dots, dashes and underscores, in one folder at most",
    }));
}
