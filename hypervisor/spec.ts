import { z } from "zod";
import { CHECK_IMAGES } from "../definitions/images";

const LocalHostSpec = z.strictObject({ type: z.literal("local") });

const SshHostSpec = z.strictObject({
  type: z.literal("ssh"),
  host: z.string().min(1),
  port: z.number().int().min(1).max(65535).optional(),
  user: z.string().min(1).optional(),
  /** Private key file on the controller; default: what OpenSSH finds (agent, default keys). */
  identityFile: z.string().optional(),
  /** known_hosts file to check the host's key against; default: the user's own. */
  knownHostsFile: z.string().optional(),
  /** Public host key to pin instead of a known_hosts file, as `ssh-ed25519 AAAA...`. */
  hostKey: z.string().optional(),
  /** Hosts to pass through, in order, each `[user@]host[:port]`. */
  jump: z.array(z.string().min(1)).optional(),
});
export type SshHostSpec = z.infer<typeof SshHostSpec>;

const GuestHostSpec = z.strictObject({
  type: z.literal("guest"),
  /** Name of the guest, unique in its farm. */
  guest: z.string().min(1),
  /** Its libvirt domain. */
  domain: z.string().min(1),
  /** Where it lives. */
  hypervisor: z.lazy((): z.ZodType<HypervisorSpec> => HypervisorSpec),
  /** Its SSH server as seen from that hypervisor's host. */
  address: z.string().min(1),
  port: z.number().int().min(1).max(65535),
  user: z.string().min(1),
  /** Public host keys that it may show. */
  hostKeys: z.array(z.string()).min(1),
  /** OpenSSH private key; secret. Default: what OpenSSH finds (agent, default keys). */
  privateKey: z.string().optional(),
  /** Secret. */
  password: z.string().optional(),
  /** Hosts to pass, from the controller on; absent: the way to the hypervisor that it lives on. */
  via: z.lazy((): z.ZodType<HostConnectionSpec[]> => z.array(HostConnectionSpec)).optional(),
  /** Another one than before: its disk was made anew, and what was made there is gone. */
  incarnation: z.string().optional(),
  /** How whoever needs it starts it, and what follows its last user; times in seconds. Default: `POWER`. */
  power: z
    .strictObject({
      /** Until its libvirt answers, after a start. */
      readiness: z.number().positive(),
      /** How often it is asked to shut down before it is forced off. */
      tries: z.number().int().min(1),
      /** That it has for each time. */
      delay: z.number().positive(),
    })
    .optional(),
});

/** A hypervisor's host that is itself a guest. Secret as a whole, because of its login. */
export interface GuestHostSpec extends Omit<z.infer<typeof GuestHostSpec>, "hypervisor" | "via"> {
  hypervisor: HypervisorSpec;
  via?: HostConnectionSpec[] | undefined;
}

/** How the controller reaches a hypervisor's host to run programs there. Holds no secret but in `guest`. */
export type HostConnectionSpec = z.infer<typeof LocalHostSpec> | SshHostSpec | GuestHostSpec;

export const HostConnectionSpec: z.ZodType<HostConnectionSpec> = z.discriminatedUnion("type", [
  LocalHostSpec,
  SshHostSpec,
  GuestHostSpec,
]);

/** A hypervisor as plain data: what dynamic providers and the lifecycle need to reach it. */
export interface HypervisorSpec {
  name: string;
  /** libvirt URI as seen on the hypervisor's host (virsh runs there): `qemu:///system`, `qemu:///session`. */
  uri: string;
  connection: HostConnectionSpec;
  /** Absolute folder on the host for the guests' disks, seeds, snapshots and leases. */
  diskPoolPath: string;
  /** Absolute folder on the host for verified base images. */
  imageCachePath: string;
  /** Whether QEMU may be let through closed folders on the way to both. Default: false. */
  repairAccess?: boolean | undefined;
  /** How a base image is checked before guests are put over it: `full` hashes it. Default: `quick`. */
  checkImages?: "quick" | "full" | undefined;
  /** GiB that an image may have, packed or unpacked. Default: 512. */
  imageSizeLimit?: number | undefined;
  /** TCP ports of the host that guests with user networking may reach. Default: none. */
  hostAccess?: number[] | undefined;
}

export const HypervisorSpec: z.ZodType<HypervisorSpec> = z.strictObject({
  name: z.string().min(1),
  uri: z.string().min(1),
  connection: HostConnectionSpec,
  diskPoolPath: z.string().startsWith("/"),
  imageCachePath: z.string().startsWith("/"),
  repairAccess: z.boolean().optional(),
  checkImages: z.enum(CHECK_IMAGES).optional(),
  imageSizeLimit: z.number().positive().optional(),
  hostAccess: z.array(z.number().int().min(1).max(65535)).optional(),
});
