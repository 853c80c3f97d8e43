import type { DomainType } from "./domain-type";
import type { GuestSettings, PartialSettings } from "./guest-settings";
import type { ImageDefinition } from "./images";

export interface CpuChoice {
  readonly mode: "host-passthrough" | "maximum" | "custom";
  readonly model?: string | undefined;
}

export type Firmware =
  | { readonly kind: "bios" }
  | { readonly kind: "uefi"; readonly code: string; readonly varsTemplate: string }
  /** Direct kernel boot; without `kernel`, the kernel and initrd that came with the image. */
  | {
      readonly kind: "kernel";
      readonly kernel?: string | undefined;
      readonly initrd?: string | undefined;
      /** Default: what the image needs. */
      readonly cmdline?: string | undefined;
    };

/** A port of the hypervisor that leads into the guest. */
export interface Forward {
  readonly hostAddress: string;
  readonly hostPort: number;
  readonly guestPort: number;
}

export type ResolvedNic =
  | {
      readonly kind: "user";
      readonly mac: string;
      readonly forwards: readonly Forward[];
      /** What carries the packets, if the user has said it. A guest that has its place has `passt` or nothing. */
      readonly backend?: "auto" | "passt" | "slirp" | undefined;
    }
  | {
      readonly kind: "network";
      readonly mac: string;
      readonly network: string;
      readonly address?: string | undefined;
    }
  | {
      readonly kind: "bridge";
      readonly mac: string;
      readonly bridge: string;
      readonly address?: string | undefined;
    }
  | {
      readonly kind: "vde";
      readonly mac: string;
      readonly socket: string;
      readonly address?: string | undefined;
    }
  | {
      readonly kind: "macvtap";
      readonly mac: string;
      readonly device: string;
      readonly address?: string | undefined;
    }
  | {
      readonly kind: "ethernet";
      readonly mac: string;
      readonly device: string;
      readonly address?: string | undefined;
    };

/** A machine to pass: `[user@]host[:port]`, or another guest of the farm. */
export type Jump = string | { readonly guest: string };

/** The way to a guest's SSH server, as far as the farm file says it. */
export interface GuestWay {
  readonly address?: string | undefined;
  readonly port?: number | undefined;
  /** `true`: over the host that the guest lives on; `false`: straight from the controller. */
  readonly jump: boolean | readonly Jump[];
}

/** Text, or the name of a secret of the stack's configuration that holds it. */
export type SecretText = string | { readonly secret: string };

export interface GuestAuth {
  readonly user: string;
  /** `generated`: the farm's own key; else a private key file of the controller. Undefined: a password is used. */
  readonly key: string | undefined;
  readonly password: SecretText | undefined;
  readonly become:
    | {
        readonly user: string;
        readonly method: "sudo" | "su" | "doas";
        readonly password?: SecretText | undefined;
      }
    | undefined;
}

/** First-boot data, from typed fields; turned into cloud-init files elsewhere. */
export interface GuestSeed {
  readonly users: readonly SeedUser[];
  readonly packages: readonly string[];
  readonly files: readonly {
    readonly path: string;
    readonly content: string;
    readonly mode?: string | undefined;
    readonly owner?: string | undefined;
  }[];
  readonly commands: readonly string[];
  /** Whether the root file system grows into its disk. */
  readonly growpart: boolean;
  readonly timezone: string | undefined;
  /** cloud-init network configuration, version 2; default: DHCP, or the NICs' addresses. */
  readonly network: Readonly<Record<string, unknown>> | undefined;
  /** File of the user, relative to the farm file, that replaces the generated user data. */
  readonly userDataFile: string | undefined;
}

export interface SeedUser {
  readonly name: string;
  readonly keys: readonly string[];
  readonly password?: SecretText | undefined;
  readonly sudo: boolean;
  readonly shell?: string | undefined;
  readonly groups: readonly string[];
}

export interface ExtraDisk {
  /** Absolute path on the hypervisor, or undefined for a data disk that the farm makes. */
  readonly path?: string | undefined;
  readonly name: string;
  readonly format: "qcow2" | "raw";
  readonly readOnly: boolean;
  readonly sizeGiB?: number | undefined;
}

export interface ResolvedGuest {
  /** Unique in the farm: `debian-12-amd64`. */
  readonly name: string;
  readonly hostname: string;
  /** Name of the libvirt domain: `quickstart.debian-12-amd64`. */
  readonly domainName: string;
  readonly platform: string;
  readonly target: string;
  /** Set for guests that are pinned (`hypervisor:`, `on:`); placement finds the others a place. */
  readonly hypervisor: string | undefined;
  /** Where the farm file declares it: `farm.yaml:12:7 guests.list[0]`. */
  readonly declaredAt: string;
  /** Domain type asked for; undefined: the best one that the hypervisor has. */
  readonly type: DomainType | undefined;
  /** libvirt's name of the architecture. */
  readonly arch: string;
  readonly machine: string;
  /** Which CPU the guest gets, by domain type. */
  readonly cpu: Readonly<Record<DomainType, CpuChoice>>;
  readonly emulator: string | undefined;
  /** Whether the emulator is only the target's usual one: a hypervisor with another for the architecture will do. */
  readonly emulatorIsUsual: boolean;
  readonly vcpus: number;
  readonly memoryMiB: number;
  /** `auto` in the farm file: the numbers above are the least; placement takes a quarter of the host, if that is more. */
  readonly fromHost: { readonly vcpus: boolean; readonly memory: boolean };
  readonly firmware: Firmware;
  readonly image: ImageDefinition;
  readonly rootDisk: { readonly bus: "virtio" | "scsi" | "sata"; readonly sizeGiB?: number | undefined };
  readonly extraDisks: readonly ExtraDisk[];
  readonly nics: readonly ResolvedNic[];
  /** PCI bus that devices given on QEMU's command line go to, by QEMU's name; undefined: that of the machine. */
  readonly defaultBus: string | undefined;
  readonly seed: GuestSeed | null;
  readonly seedBus: "ide" | "sata" | "scsi";
  readonly clock: "utc" | "localtime";
  readonly auth: GuestAuth;
  /** How phases get in. */
  readonly connection: "ssh" | "agent";
  /** What the farm file says of the way over SSH; undefined: all of it follows from where the guest lives. */
  readonly way?: GuestWay | undefined;
  readonly shell: "sh" | "bash" | "powershell";
  readonly os: "linux" | "bsd" | "windows";
  /** Settings without the level of a hypervisor that placement has still to find. */
  readonly settings: GuestSettings;
  /** Settings of the levels above the hypervisor, to be merged over its own: see `settingsOn`. */
  readonly settingsOverrides: PartialSettings;
  /** Labels that a hypervisor must have. */
  readonly labels: Readonly<Record<string, string>>;
  /** Stays up; has no project. */
  readonly keepRunning: boolean;
  /** It is a hypervisor of the farm: its disk lives on from run to run, and no project of the farm is built there. */
  readonly isHypervisor?: boolean;
  /** Name of the snapshot that a long-lived guest gets after its first boot; null: none. */
  readonly firstBootSnapshot: string | null;
  /** Own keys of the definitions, for expressions in phase files and for templates. */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly vars: Readonly<Record<string, unknown>>;
  /** Name of the domain template of the user; undefined: found by guest name, architecture, `default`. */
  readonly template: { readonly name: string; readonly text: string } | undefined;
}
