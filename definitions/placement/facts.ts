import { z } from "zod";

/** What a hypervisor can do with one architecture. */
export const ArchFacts = z.strictObject({
  /** Domain types that really work: `kvm` only where a KVM guest was seen to run. */
  domainTypes: z.array(z.enum(["kvm", "qemu"])),
  /** Machine types; empty or absent: not known, any is assumed. */
  machines: z.array(z.string()).optional(),
  /** Emulator binaries; empty or absent: not known. */
  emulators: z.array(z.string()).optional(),
  /** Firmware kinds that can be booted; absent: not known. */
  firmwares: z.array(z.enum(["bios", "uefi", "kernel"])).optional(),
});
export type ArchFacts = z.infer<typeof ArchFacts>;

/**
 * What is known about a hypervisor: asked for, remembered from the last time it answered, or declared in the farm
 * file. Capacities are totals of the machine, never what happens to be free.
 */
export const HypervisorFacts = z.strictObject({
  /** By libvirt's name of the architecture: `x86_64`, `aarch64`. */
  arches: z.record(z.string(), ArchFacts),
  cpus: z.number().int().positive(),
  memoryMiB: z.number().int().positive(),
  /** Size of the file system of the disk pool; absent: not known. */
  diskGiB: z.number().positive().optional(),
  /** libvirt's and QEMU's versions, for messages and for the choice of a strategy. */
  libvirtVersion: z.string().optional(),
  qemuVersion: z.string().optional(),
});
export type HypervisorFacts = z.infer<typeof HypervisorFacts>;
