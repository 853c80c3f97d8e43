import type { DomainSpec } from "../../../hypervisor/domain/spec";
import { sampleDomain } from "./sample-domain";

const NICS: DomainSpec["nics"] = [
  {
    kind: "user",
    mac: "52:54:00:00:00:01",
    forwards: [
      { hostAddress: "127.0.0.1", hostPort: 2201, guestPort: 22 },
      { hostAddress: "127.0.0.1", hostPort: 8080, guestPort: 80 },
    ],
  },
  { kind: "network", mac: "52:54:00:00:00:02", network: "lan <1>", address: "10.0.0.7" },
  { kind: "bridge", mac: "52:54:00:00:00:03", bridge: "br0" },
  { kind: "vde", mac: "52:54:00:00:00:04", socket: "/run/a,b" },
  { kind: "ethernet", mac: "52:54:00:00:00:05", device: "tap7" },
  { kind: "macvtap", mac: "52:54:00:00:00:06", device: "eth0" },
];

const DISKS: DomainSpec["extraDisks"] = [
  { path: "/data/tools.img", format: "raw", readOnly: true },
  { path: "/data/work.qcow2", format: "qcow2", readOnly: false },
];

const seed = { "user-data": "#cloud-config\n" };

/** Definitions whose XML is kept in `golden/`: every machine, every kind of card, disk and firmware at least once. */
export const GOLDEN_DOMAINS: Readonly<Record<string, DomainSpec>> = {
  "newer-libvirt-passt": sampleDomain({
    nics: NICS.map((nic) => (nic.kind === "user" ? { ...nic, backend: "passt" } : nic)),
  }),
  pc: sampleDomain({ name: `a "quoted" <name> & 'more'`, nics: NICS, extraDisks: DISKS, seed }),
  "q35-uefi": sampleDomain({
    machine: "q35",
    type: "kvm",
    cpu: { mode: "host-passthrough" },
    firmware: { kind: "uefi", code: "/fw/code.fd", varsTemplate: "/fw/vars.fd" },
    rootDisk: { bus: "scsi", sizeGiB: 20 },
    seedBus: "sata",
    nics: NICS,
    extraDisks: DISKS,
    seed,
  }),
  "q35-sata": sampleDomain({
    machine: "q35",
    rootDisk: { bus: "sata" },
    seedBus: "sata",
    seed,
    clock: "localtime",
  }),
  "aarch64-uefi": sampleDomain({
    arch: "aarch64",
    machine: "virt",
    cpu: { mode: "custom", model: "cortex-a57" },
    emulator: "/opt/qemu/bin/qemu-system-aarch64",
    firmware: { kind: "uefi", code: "/fw/AAVMF_CODE.fd", varsTemplate: "/fw/AAVMF_VARS.fd" },
    vcpus: 9,
    seedBus: "scsi",
    nics: NICS,
    seed,
  }),
  "armhf-kernel": sampleDomain({
    arch: "armv7l",
    machine: "virt",
    cpu: { mode: "custom", model: "cortex-a15" },
    firmware: {
      kind: "kernel",
      kernel: "/k/vmlinuz",
      initrd: "/k/initrd",
      cmdline: `root=/dev/vda "a<b" & c`,
    },
    seedBus: "scsi",
    seed,
  }),
  ppc64le: sampleDomain({
    arch: "ppc64le",
    machine: "pseries",
    cpu: { mode: "custom", model: "POWER9" },
    seedBus: "scsi",
    nics: NICS,
    seed,
  }),
  riscv64: sampleDomain({
    arch: "riscv64",
    machine: "virt",
    cpu: { mode: "maximum" },
    firmware: { kind: "kernel", kernel: "/k/Image", cmdline: "" },
    seedBus: "scsi",
    nics: NICS,
  }),
  s390x: sampleDomain({
    arch: "s390x",
    machine: "s390-ccw-virtio",
    cpu: { mode: "maximum" },
    seedBus: "scsi",
    nics: NICS,
    extraDisks: DISKS,
    seed,
  }),
};
