import { z } from "zod";
import { DomainSpec } from "../../hypervisor/domain/spec";
import { HostConnectionSpec } from "../../hypervisor/spec";
import { PhaseName } from "../../phases/lifecycle/phase-names";

/** How phases get into the guest. Private material reaches OpenSSH through an agent, never through a file. */
export const GuestConnectionSpec = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("ssh"),
    /** Address as seen from the last host on the way; absent: it is found when the guest runs. */
    address: z.string().optional(),
    port: z.number().int(),
    user: z.string(),
    /** OpenSSH private key; secret. */
    privateKey: z.string().optional(),
    /** Secret. */
    password: z.string().optional(),
    /** Public host keys (`ssh-ed25519 AAAA...`) that the guest may show; nothing else is accepted. */
    hostKeys: z.array(z.string()).min(1),
    /** Hosts to pass, from the controller on; absent: the way to the hypervisor's host. */
    via: z.array(HostConnectionSpec).optional(),
  }),
  z.strictObject({ type: z.literal("agent") }),
]);
export type GuestConnectionSpec = z.infer<typeof GuestConnectionSpec>;

/** Settings of one guest, resolved. Times in seconds, as in the farm file. */
export const LifecycleSettings = z.strictObject({
  readiness: z.strictObject({ mode: z.enum(["login", "port", "none"]), timeout: z.number().positive() }),
  shutdown: z.strictObject({ tries: z.number().int().min(1), delay: z.number().positive() }),
  onSnapshotError: z.enum(["continue", "fail"]),
  powerOff: z.enum(["auto", "graceful"]),
  snapshots: z.enum(["auto", "saved", "live", "overlay"]),
  cache: z.enum(["content", "revision", "off"]),
  keep: z.number().int().min(1),
  allowedPhases: z.array(PhaseName),
  leaseTimeout: z.number().positive(),
  /** Whether a network of somebody else that is off is started with the guest. */
  startNetworks: z.boolean(),
  phaseTimeout: z.number().positive(),
  /** MiB of output that the log of a phase file holds. */
  logLimit: z.number().int().min(1).optional(),
  /** What one `fetch` may bring: MiB, and files. */
  fetchLimit: z
    .strictObject({ size: z.number().int().min(1).optional(), files: z.number().int().min(1).optional() })
    .optional(),
  /** The whole run, terminate and shutdown not counted; default: every phase at its own limit. */
  runTimeout: z.number().positive().optional(),
});
export type LifecycleSettings = z.infer<typeof LifecycleSettings>;

/** All that one run of one guest needs; sent on standard input, because it holds secrets. */
export const LifecycleSpec = z.strictObject({
  formatVersion: z.literal(1),
  stack: z.string(),
  guest: z.strictObject({
    name: z.string(),
    platform: z.string(),
    target: z.string(),
    shell: z.enum(["sh", "bash", "powershell"]),
    os: z.enum(["linux", "bsd", "windows"]),
    connection: GuestConnectionSpec,
    become: z
      .strictObject({
        user: z.string(),
        method: z.enum(["sudo", "su", "doas"]),
        password: z.string().optional(),
      })
      .optional(),
    /** Extra properties of the definitions, for expressions. */
    properties: z.record(z.string(), z.unknown()),
  }),
  domain: DomainSpec,
  settings: LifecycleSettings,
  /** Snapshot of the guest as it is after its first boot. `name` default: `clean`. */
  clean: z.strictObject({ key: z.string(), token: z.string(), name: z.string().optional() }),
  project: z
    .strictObject({
      id: z.string(),
      revision: z.string(),
      /** Relative to the program's folder. */
      phasesFolder: z.string(),
      vars: z.record(z.string(), z.unknown()),
      secrets: z.record(z.string(), z.string()),
      /** Salt of the HMAC with which secrets enter the key; secret. */
      keySalt: z.string(),
      init: z.strictObject({ key: z.string().nullable(), token: z.string() }),
    })
    .nullable(),
  /** Digest of everything above that makes a run necessary; kept in the record of the last run. */
  inputsDigest: z.string(),
  /** Why the guest must not be run now: its hypervisor is paused, or did not answer. */
  refused: z.string().optional(),
  /** What all guests of the hypervisor may have at once; what changes here makes no run necessary. */
  limits: z
    .strictObject({
      maxGuests: z.number().int().optional(),
      memoryMiB: z.number().optional(),
      cpus: z.number().optional(),
      /** How long the run waits until there is room, seconds. */
      wait: z.number().positive(),
    })
    .optional(),
  /** The guest is a hypervisor: what its init has made is never restored over, its disk lives on. Default: false. */
  isHypervisor: z.boolean().optional(),
  /** Fresh in every program run when `runMain: always`, so that the command is always updated. */
  runNonce: z.string().optional(),
});
export type LifecycleSpec = z.infer<typeof LifecycleSpec>;
