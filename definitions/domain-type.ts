/** How a guest's processors are run: by the host's own, or emulated. */
export type DomainType = "kvm" | "qemu";
