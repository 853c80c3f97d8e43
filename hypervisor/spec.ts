import { z } from "zod";

/** How the controller reaches a hypervisor's host to run programs there. Holds no secret. */
export const HostConnectionSpec = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("local") }),
  z.strictObject({
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
  }),
]);
export type HostConnectionSpec = z.infer<typeof HostConnectionSpec>;

/** A hypervisor as plain data: what dynamic providers and the lifecycle need to reach it. */
export const HypervisorSpec = z.strictObject({
  name: z.string().min(1),
  /** libvirt URI as seen on the hypervisor's host (virsh runs there): `qemu:///system`, `qemu:///session`. */
  uri: z.string().min(1),
  connection: HostConnectionSpec,
  /** Absolute folder on the host for the guests' disks, seeds, snapshots and leases. */
  diskPoolPath: z.string().startsWith("/"),
  /** Absolute folder on the host for verified base images. */
  imageCachePath: z.string().startsWith("/"),
});
export type HypervisorSpec = z.infer<typeof HypervisorSpec>;
