import { z } from "zod";
import { RANGES } from "../ranges";
import { flag, oneWordOf, strictMap, text, whole } from "../schemas/scalars";

/** What a hypervisor can do with one architecture. */
export const ArchFacts = strictMap({
  /** Domain types that really work: `kvm` only where a KVM guest was seen to run. */
  domainTypes: z.array(oneWordOf(["kvm", "qemu"]), "a list of kvm and qemu"),
  /** Machine types; empty or absent: not known, any is assumed. */
  machines: z.array(text("a machine type"), "a list of machine types").optional(),
  /** Emulator binaries; empty or absent: not known. */
  emulators: z.array(text("path of an emulator"), "a list of paths").optional(),
  /** Firmware kinds that can be booted; absent: not known. */
  firmwares: z.array(oneWordOf(["bios", "uefi", "kernel"]), "a list of bios, uefi and kernel").optional(),
});
export type ArchFacts = z.infer<typeof ArchFacts>;

/**
 * What is known about a hypervisor: asked for, remembered from the last time it answered, or declared in the farm
 * file. Capacities are totals of the machine, never what happens to be free.
 */
export const HypervisorFacts = strictMap({
  /** By libvirt's name of the architecture: `x86_64`, `aarch64`. */
  arches: z.record(z.string(), ArchFacts, "a map of architectures"),
  cpus: whole(RANGES.cpus),
  memoryMiB: whole(RANGES.hostMemoryMiB),
  /** Size of the file system of the disk pool; absent: not known. */
  diskGiB: z.number("a number of GiB").positive("more than 0").optional(),
  /** libvirt's and QEMU's versions, for messages and for the choice of a strategy. */
  libvirtVersion: text("a version").optional(),
  qemuVersion: text("a version").optional(),
  /** Whether passt is installed, which libvirt can use for user-mode networks. */
  passt: flag().optional(),
});
export type HypervisorFacts = z.infer<typeof HypervisorFacts>;
