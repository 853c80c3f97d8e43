import type { LifecycleSpec } from "../../cli/lifecycle/spec";
import { PHASES } from "../../phases/lifecycle/phase-names";

/** The specification of a run on a hypervisor whose files are below `pool`. Holds a secret to look for. */
export function lifecycleSpec(pool: string, over: Partial<LifecycleSpec["settings"]> = {}): LifecycleSpec {
  return {
    formatVersion: 1,
    stack: "test stack",
    guest: {
      name: "tiny/amd64",
      platform: "tiny",
      target: "amd64",
      shell: "sh",
      os: "linux",
      connection: { type: "agent" },
      properties: {},
    },
    domain: {
      hypervisor: {
        name: "local",
        uri: "test:///default",
        connection: { type: "local" },
        diskPoolPath: pool,
        imageCachePath: pool,
      },
      owner: { farm: "f", stack: "test stack", guest: "tiny/amd64", version: "0" },
      name: "tiny",
      type: "qemu",
      arch: "x86_64",
      machine: "pc",
      cpu: { mode: "custom", model: "Nehalem" },
      vcpus: 1,
      memoryMiB: 256,
      firmware: { kind: "bios" },
      baseImage: { path: `${pool}/base.qcow2`, digest: "d", format: "qcow2" },
      rootDisk: { bus: "virtio" },
      extraDisks: [],
      nics: [],
      seedBus: "ide",
      clock: "utc",
    },
    settings: {
      readiness: { mode: "login", timeout: 30 },
      shutdown: { tries: 2, delay: 1 },
      onSnapshotError: "continue",
      powerOff: "auto",
      snapshots: "auto",
      cache: "content",
      keep: 3,
      allowedPhases: [...PHASES],
      leaseTimeout: 30,
      startNetworks: false,
      phaseTimeout: 60,
      ...over,
    },
    clean: { key: "ck", token: "ct" },
    project: {
      id: "acme",
      revision: "1",
      phasesFolder: "phases",
      vars: {},
      secrets: { token: PLANTED_SECRET },
      keySalt: "salt-of-the-key",
      init: { key: "ik", token: "it" },
    },
    inputsDigest: "digest-1",
  };
}

export const PLANTED_SECRET = "s3cret-Pla nted&<>'42";
