import { z } from "zod";
import { OwnerMark } from "../owner";
import { HypervisorSpec } from "../spec";

/** One network card. Kinds beyond `user` and `network` are rendered from the same shape. */
export const NicSpec = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("user"),
    mac: z.string(),
    /** Ports of the hypervisor's loopback that lead into the guest. */
    forwards: z.array(
      z.strictObject({ hostAddress: z.string(), hostPort: z.number().int(), guestPort: z.number().int() }),
    ),
    /** What carries the packets; default: QEMU itself. */
    backend: z.literal("passt").optional(),
  }),
  z.strictObject({
    kind: z.literal("network"),
    mac: z.string(),
    network: z.string(),
    address: z.string().optional(),
  }),
  z.strictObject({ kind: z.literal("bridge"), mac: z.string(), bridge: z.string() }),
  z.strictObject({ kind: z.literal("vde"), mac: z.string(), socket: z.string() }),
  z.strictObject({ kind: z.literal("ethernet"), mac: z.string(), device: z.string() }),
  z.strictObject({ kind: z.literal("macvtap"), mac: z.string(), device: z.string() }),
]);
export type NicSpec = z.infer<typeof NicSpec>;

/**
 * A disk beside the root disk: a data disk (writable or read-only) that somebody else owns. What a guest writes to it
 * goes into the guest's layers, like writes to the base image: the file itself is never changed.
 */
export const ExtraDiskSpec = z.strictObject({
  /** Absolute path on the hypervisor. */
  path: z.string().startsWith("/"),
  format: z.enum(["qcow2", "raw"]),
  readOnly: z.boolean(),
});

/** What the user asked of a domain: the inputs of the dynamic resource. Names are libvirt's and the farm file's. */
export const DomainSpec = z.strictObject({
  hypervisor: HypervisorSpec,
  owner: OwnerMark,
  /** Name of the libvirt domain. */
  name: z.string().min(1),
  /** libvirt's domain type: `kvm` or `qemu`. */
  type: z.enum(["kvm", "qemu"]),
  /** libvirt's architecture: x86_64, aarch64, ... */
  arch: z.string(),
  machine: z.string(),
  cpu: z.strictObject({
    mode: z.enum(["host-passthrough", "maximum", "custom"]),
    model: z.string().optional(),
  }),
  emulator: z.string().optional(),
  vcpus: z.number().int().min(1),
  memoryMiB: z.number().int().min(16),
  firmware: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("bios") }),
    z.strictObject({ kind: z.literal("uefi"), code: z.string(), varsTemplate: z.string() }),
    z.strictObject({
      kind: z.literal("kernel"),
      kernel: z.string(),
      initrd: z.string().optional(),
      cmdline: z.string(),
    }),
  ]),
  /** The verified base image under the root overlay. */
  baseImage: z.strictObject({
    path: z.string().startsWith("/"),
    digest: z.string(),
    format: z.enum(["qcow2", "raw"]),
  }),
  rootDisk: z.strictObject({
    bus: z.enum(["virtio", "scsi", "sata"]),
    sizeGiB: z.number().positive().optional(),
  }),
  extraDisks: z.array(ExtraDiskSpec),
  nics: z.array(NicSpec),
  /** Text files of the first-boot seed (volume `cidata`), by file name; absent: no seed drive. Secret. */
  seed: z.record(z.string(), z.string()).optional(),
  /** Bus of the seed's CD-ROM drive; differs by machine. */
  seedBus: z.enum(["ide", "sata", "scsi"]),
  /** QEMU's name of the PCI bus of cards that libvirt does not know (`user`, `vde`). Default: the machine's own. */
  defaultBus: z.string().optional(),
  /** libvirt's clock offset. */
  clock: z.enum(["utc", "localtime"]),
  /** A long-lived guest: starts with its hypervisor, and its disks outlive it. Default: false. */
  keepRunning: z.boolean().optional(),
  /** The user's own XML template, with `{{placeholders}}`; default: the built-in one. */
  template: z.string().optional(),
});
export type DomainSpec = z.infer<typeof DomainSpec>;
