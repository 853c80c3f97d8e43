import { z } from "zod";
import { RANGES, WHOLE_RANGE } from "../ranges";
import { ImageMap } from "./image";
import { hostname } from "./machine-names";
import { NicDefinition } from "./nic";
import {
  anyMap,
  definitionName,
  diskSize,
  flag,
  freeName,
  labels,
  memorySize,
  oneWordOf,
  strictMap,
  text,
  whole,
} from "./scalars";
import { AuthDefinition, SeedDefinition } from "./seed";
import { settingsShape } from "./settings";
import { GuestConnectionDefinition } from "./guest-connection";

const bus = oneWordOf(["virtio", "scsi", "sata"]);
const cpu = text("host-passthrough, maximum, or the name of a CPU model");

const FIRST_BOOT = "true, false, or the name of the snapshot";
const VCPUS = `${WHOLE_RANGE(RANGES.vcpus)}, or auto`;
const DISKS = `a list of ${RANGES.disks.most} disks at most`;
const NICS = `a list of ${RANGES.nics.most} network cards at most`;

const disk = strictMap({
  name: definitionName().optional(),
  path: text("absolute path on the hypervisor").startsWith("/", "absolute path on the hypervisor").optional(),
  format: oneWordOf(["qcow2", "raw"]).optional(),
  readOnly: flag().optional(),
  size: diskSize().optional(),
});

/** Keys of a guest that defaults, targets, platforms and the guests' own entries may give. All may be left out. */
export const guestShape = {
  ...settingsShape,
  hostname: hostname().optional(),
  type: oneWordOf(["auto", "kvm", "qemu"]).optional(),
  arch: text("libvirt's name of an architecture, as x86_64").optional(),
  machine: text("a machine type of QEMU, as q35").optional(),
  cpu: z
    .union([cpu, strictMap({ kvm: cpu.optional(), qemu: cpu.optional() })], "a CPU, or {kvm: CPU, qemu: CPU}")
    .optional(),
  emulator: text("absolute path of an emulator").startsWith("/", "absolute path of an emulator").optional(),
  vcpus: z.union([z.literal("auto"), whole(RANGES.vcpus, VCPUS)], VCPUS).optional(),
  memory: z
    .union([z.literal("auto"), memorySize()], 'a number of MiB, text as "2GiB", or auto; from 16 MiB to 64 TiB')
    .optional(),
  firmware: oneWordOf(["bios", "uefi", "kernel"]).optional(),
  /** Files of UEFI firmware on the hypervisor, used with `firmware: uefi`. */
  uefi: strictMap({ code: text().optional(), varsTemplate: text().optional() }).optional(),
  /** Direct kernel boot, used with `firmware: kernel`; without `path`, the kernel that came with the image. */
  kernel: strictMap({
    path: text().optional(),
    initrd: text().optional(),
    cmdline: z.string("text").optional(),
  }).optional(),
  image: z.union([text(), ImageMap], "name of an image, or a map").optional(),
  imageSource: oneWordOf(["auto", "vendor", "packages"]).optional(),
  rootDisk: strictMap({ bus: bus.optional(), size: diskSize().optional() }).optional(),
  disks: z.array(disk, DISKS).max(RANGES.disks.most, DISKS).optional(),
  nics: z.array(NicDefinition, NICS).max(RANGES.nics.most, NICS).optional(),
  defaultBus: z
    .string("a bus of QEMU, as pcie.0")
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "a bus of QEMU, as pcie.0")
    .optional(),
  seed: SeedDefinition.optional(),
  seedBus: oneWordOf(["ide", "sata", "scsi"]).optional(),
  clock: oneWordOf(["utc", "localtime"]).optional(),
  auth: AuthDefinition.optional(),
  connection: GuestConnectionDefinition.optional(),
  shell: oneWordOf(["sh", "bash", "powershell"]).optional(),
  os: oneWordOf(["linux", "bsd", "windows"]).optional(),
  labels: labels().optional(),
  keepRunning: flag().optional(),
  /** Of a guest with `keepRunning`: whether it gets a snapshot after its first boot, and its name. */
  firstBootSnapshot: z.union([flag(), definitionName()], FIRST_BOOT).optional(),
  template: definitionName().optional(),
  vars: anyMap().optional(),
  properties: anyMap().optional(),
};

const extend = z
  .union([definitionName(), z.array(definitionName())], "the name of another definition, or a list of names")
  .optional();

const names = (what: string) => z.array(z.string(what), `a list of ${what}s`).min(1, `at least one ${what}`);

/** Where guests of an entry live. `on` makes one guest per hypervisor, `hypervisor` pins one, none: placement decides. */
const placeShape = {
  hypervisor: text("name of a hypervisor").optional(),
  on: z.union([z.literal("each"), names("hypervisor")], "each, or a list of hypervisors").optional(),
  count: whole(RANGES.count).optional(),
};

// These are loose: an unknown key that resembles no known one is a property of the user's own.
export const GuestDefaults = z.looseObject(guestShape, "a map");
export const PlatformDefinition = z.looseObject({ extends: extend, ...guestShape }, "a map");
export const TargetDefinition = z.looseObject({ extends: extend, ...guestShape }, "a map");
export const GuestEntry = z.looseObject(
  {
    platform: text("name of a platform"),
    target: text("name of a target"),
    name: freeName("a name without / and control characters, 128 at most").optional(),
    ...placeShape,
    ...guestShape,
  },
  "a map with platform and target",
);
export const PermutationBlock = z.looseObject(
  { platforms: names("platform"), targets: names("target"), ...placeShape, ...guestShape },
  "a map with platforms and targets",
);

/** The merged definition of one guest, before defaults that cannot be written as data are filled in. */
export const MergedGuest = z.object(guestShape);
export type MergedGuest = z.infer<typeof MergedGuest>;
