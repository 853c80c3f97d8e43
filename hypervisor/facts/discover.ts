import type { HypervisorFacts } from "../../definitions/placement/facts";
import type { HypervisorHost } from "../host";
import { type HostCpu, readCapabilities } from "./capabilities";
import { type KvmVerdict, probeKvm, type ProbeOptions } from "./kvm-probe";

/** What is known about a hypervisor that has been asked. */
export interface DiscoveredFacts {
  /** What placement decides by. */
  readonly facts: HypervisorFacts;
  readonly kvm: KvmVerdict;
  readonly hostCpu: HostCpu;
  /** Names this machine among others, whatever it is called: the machine id, else libvirt's id of the host. */
  readonly hostId: string;
  /** Free space in the disk pool's file system, GiB. */
  readonly freeDiskGiB: number;
}

/** Milliseconds: libvirt that asks every emulator anew can take half a minute. */
const CAPABILITIES_TIMEOUT_MS = 40_000;

/**
 * Everything about a hypervisor in three bounded queries at once. Changes nothing but the KVM verdict kept in the
 * host's memory file system.
 * @throws CommandError, CommandTimeoutError or LinkLostError when the host or its libvirt cannot be asked.
 */
export async function discoverFacts(
  host: HypervisorHost,
  options: ProbeOptions = {},
): Promise<DiscoveredFacts> {
  const [capabilitiesXml, versions, machine, kvm] = await Promise.all([
    host.virsh(["capabilities"], { timeoutMs: CAPABILITIES_TIMEOUT_MS }),
    host.virsh(["version"], { timeoutMs: CAPABILITIES_TIMEOUT_MS }),
    askMachine(host),
    probeKvm(host.shell, options),
  ]);
  const { arches, cpu, hostId } = readCapabilities(capabilitiesXml);
  const version = (pattern: RegExp) => pattern.exec(versions)?.[1];
  const libvirtVersion = version(/^Using library: libvirt (\S+)$/m);
  const qemuVersion = version(/^Running hypervisor: QEMU (\S+)$/m);
  return {
    facts: {
      arches: kvm.works ? arches : withoutKvm(arches),
      cpus: machine.cpus,
      memoryMiB: machine.memoryMiB,
      diskGiB: machine.diskGiB,
      ...(libvirtVersion === undefined ? {} : { libvirtVersion }),
      ...(qemuVersion === undefined ? {} : { qemuVersion }),
      ...(machine.passt ? { passt: true } : {}),
    },
    kvm,
    hostCpu: cpu,
    hostId: machine.id || hostId,
    freeDiskGiB: machine.freeDiskGiB,
  };
}

/** What libvirt lists because the device is there counts only if a guest was seen to run. */
function withoutKvm(arches: HypervisorFacts["arches"]): HypervisorFacts["arches"] {
  return Object.fromEntries(
    Object.entries(arches).map(([name, arch]) => [
      name,
      { ...arch, domainTypes: arch.domainTypes.filter((type) => type !== "kvm") },
    ]),
  );
}

/** Totals of the machine. The pool's folder may not exist yet: its nearest parent tells the file system. */
const ASK_MACHINE = `
pool=$1
while [ ! -d "$pool" ]; do pool=$(dirname -- "$pool"); done
echo "id $(cat /etc/machine-id 2>/dev/null)"
echo "cpus $(getconf _NPROCESSORS_ONLN)"
echo "memory $(awk '$1 == "MemTotal:" { print $2 }' /proc/meminfo)"
if command -v passt >/dev/null; then echo "passt yes"; fi
df -Pk -- "$pool" | awk 'NR == 2 { print "disk " $2; print "free " $4 }'
`;

async function askMachine(host: HypervisorHost) {
  const text = await host.shell.output({ argv: ["sh", "-c", ASK_MACHINE, "sh", host.spec.diskPoolPath] });
  const value = (name: string) => new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1] ?? "";
  const gib = (name: string) => Math.round((Number(value(name)) / 1024 ** 2) * 100) / 100;
  return {
    id: value("id"),
    cpus: Number(value("cpus")),
    memoryMiB: Math.floor(Number(value("memory")) / 1024),
    diskGiB: gib("disk"),
    freeDiskGiB: gib("free"),
    passt: value("passt") === "yes",
  };
}
