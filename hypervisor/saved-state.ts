import { COMMAND_LIMITS } from "../definitions/time-limits";
import type { GuestPower } from "../phases/lifecycle/ports";
import type { HypervisorHost } from "./host";
import { hostUnder } from "./host-under";

/** Memory is read from disk. */
const RESUME_TIMEOUT_MS = COMMAND_LIMITS.memory;

/**
 * The power of a guest whose disks are nowhere else. One that somebody has put to sleep (`virsh managedsave`) goes on
 * where it was: booted instead, it would lose what it had not yet written.
 */
export function resumingSaved(power: GuestPower, host: HypervisorHost, domain: string): GuestPower {
  return {
    ...power,
    start: async (signal) => {
      if (!(await resume(hostUnder(host, signal), domain))) await power.start(signal);
    },
  };
}

/**
 * @returns whether there was a saved state.
 * @throws Error when there is one, and it cannot be used: it stays.
 */
async function resume(host: HypervisorHost, domain: string): Promise<boolean> {
  const info = await host.tryVirsh(["dominfo", "--domain", domain]);
  if (!/^Managed save:\s+yes$/m.test(info.stdout)) return false;
  const result = await host.tryVirsh(["start", "--domain", domain], { timeoutMs: RESUME_TIMEOUT_MS });
  if (result.exitCode === 0 || /domain is already active/i.test(result.stderr)) return true;
  throw new Error(
    `guest "${domain}" on hypervisor "${host.spec.name}" has a saved state (virsh managedsave) that cannot be used: ` +
      `${result.stderr.trim()}; to give up what it had not written to its disks: virsh managedsave-remove ${domain}`,
  );
}
