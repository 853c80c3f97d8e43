/**
 * The targets that every farm has. CPU models under emulation are named ones that are known to boot: `qemu64` hangs
 * recent kernels, and a named model keeps saved memory usable on the next QEMU. `aliases` are the names that
 * distributions give to the architecture, for image definitions.
 */
export const BUILT_IN_TARGETS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  amd64: {
    arch: "x86_64",
    machine: "q35",
    cpu: { kvm: "host-passthrough", qemu: "Nehalem" },
    emulator: "/usr/bin/qemu-system-x86_64",
    firmware: "bios",
    uefi: { code: "/usr/share/OVMF/OVMF_CODE_4M.fd", varsTemplate: "/usr/share/OVMF/OVMF_VARS_4M.fd" },
    // Kernels for clouds, such as those of the built-in recipes, have no driver for a SATA drive.
    seedBus: "scsi",
    properties: { aliases: { debian: "amd64", gnu: "x86_64" }, console: "ttyS0" },
  },
  arm64: {
    arch: "aarch64",
    machine: "virt",
    cpu: { kvm: "host-passthrough", qemu: "cortex-a57" },
    emulator: "/usr/bin/qemu-system-aarch64",
    firmware: "uefi",
    uefi: { code: "/usr/share/AAVMF/AAVMF_CODE.fd", varsTemplate: "/usr/share/AAVMF/AAVMF_VARS.fd" },
    seedBus: "scsi",
    properties: { aliases: { debian: "arm64", gnu: "aarch64" }, console: "ttyAMA0" },
  },
  armhf: {
    arch: "armv7l",
    machine: "virt",
    cpu: { kvm: "host-passthrough", qemu: "cortex-a15" },
    emulator: "/usr/bin/qemu-system-arm",
    firmware: "uefi",
    uefi: { code: "/usr/share/AAVMF/AAVMF32_CODE.fd", varsTemplate: "/usr/share/AAVMF/AAVMF32_VARS.fd" },
    seedBus: "scsi",
    properties: { aliases: { debian: "armhf", gnu: "armv7hl" }, console: "ttyAMA0" },
  },
  ppc64el: {
    arch: "ppc64le",
    machine: "pseries",
    cpu: { kvm: "host-passthrough", qemu: "POWER9" },
    emulator: "/usr/bin/qemu-system-ppc64le",
    // The machine's own firmware (SLOF) comes with QEMU.
    firmware: "bios",
    seedBus: "scsi",
    properties: { aliases: { debian: "ppc64el", gnu: "ppc64le" }, console: "hvc0" },
  },
  ppc64: { extends: "ppc64el" },
  riscv64: {
    arch: "riscv64",
    machine: "virt",
    cpu: { kvm: "host-passthrough", qemu: "rv64" },
    emulator: "/usr/bin/qemu-system-riscv64",
    firmware: "uefi",
    uefi: {
      code: "/usr/share/qemu-efi-riscv64/RISCV_VIRT_CODE.fd",
      varsTemplate: "/usr/share/qemu-efi-riscv64/RISCV_VIRT_VARS.fd",
    },
    seedBus: "scsi",
    properties: { aliases: { debian: "riscv64", gnu: "riscv64" }, console: "ttyS0" },
  },
  s390x: {
    arch: "s390x",
    machine: "s390-ccw-virtio",
    cpu: { kvm: "host-passthrough", qemu: "qemu" },
    emulator: "/usr/bin/qemu-system-s390x",
    // Boots from the disk by the channel subsystem (IPL), with the firmware that comes with QEMU.
    firmware: "bios",
    seedBus: "scsi",
    properties: { aliases: { debian: "s390x", gnu: "s390x" }, console: "ttysclp0" },
  },
};
