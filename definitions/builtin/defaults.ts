import { PHASES } from "../phase-names";
import type { GuestSettings } from "../resolved";

/** Settings when no level of the farm says anything. Times in seconds. */
export const DEFAULT_SETTINGS: GuestSettings = {
  readiness: { mode: "login", timeout: 120 },
  shutdown: { tries: 10, delay: 5 },
  onSnapshotError: "continue",
  powerOff: "auto",
  snapshots: "auto",
  cache: "content",
  keep: 3,
  allowedPhases: [...PHASES],
  leaseTimeout: 600,
  startNetworks: false,
  phaseTimeout: 3600,
};

/** The weakest layer of every guest, as a farm file would write it under `defaults`. */
export const DEFAULT_GUEST: Readonly<Record<string, unknown>> = {
  type: "auto",
  vcpus: 2,
  memory: 2048,
  imageSource: "auto",
  rootDisk: { bus: "virtio" },
  disks: [],
  nics: [{ kind: "user", forwards: [{ guestPort: 22 }] }],
  seed: { growpart: true },
  clock: "utc",
  auth: { user: "root", key: "generated" },
  connection: "ssh",
  shell: "sh",
  os: "linux",
  keepRunning: false,
};

/** Name of the snapshot of a long-lived guest after its first boot, when the farm file gives none. */
export const FIRST_BOOT_SNAPSHOT = "first-boot";

/** Folders of a system libvirt. Those of a session URI lie under the user's home, which only the host knows. */
export const SYSTEM_PATHS = {
  diskPoolPath: "/var/lib/libvirt/guest-farm/guests",
  imageCachePath: "/var/lib/libvirt/guest-farm/images",
} as const;

/** Least memory and vCPUs of a guest that takes its share from the host (`memory: auto`, `vcpus: auto`). */
export const AUTO_LEAST = { memoryMiB: 512, vcpus: 1 } as const;

/** Forwarded ports come from below the range that Linux gives to outgoing connections (32768 and up). */
export const DEFAULT_PORTS = { from: 10000, to: 32767 } as const;

/** Memory that a guest which is a hypervisor needs for itself, MiB. */
export const OWN_MEMORY_MIB = 256;
