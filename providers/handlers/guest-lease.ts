import { randomUUID } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { watchAncestors, watchedAncestors } from "../../connections/process/ancestors";
import type { DomainSpec } from "../../hypervisor/domain/spec";
import type { HypervisorHost } from "../../hypervisor/host";
import { acquireLease } from "../../hypervisor/leases/acquire-lease";
import { fencedHost } from "../../hypervisor/leases/fenced-host";
import { NoGuestFolderError } from "../../hypervisor/leases/lease";
import { guestPower } from "../../hypervisor/power";
import { giveBack } from "./awake-hosts";

const WAIT_MS = 600_000;

/**
 * Does something with a guest while nobody else drives it. A guest that a dead run left running is powered off
 * first: what it was doing is lost anyway. A long-lived guest goes on. When the engine ends meanwhile, nothing more is
 * done: neither waited for the lease, nor worked under it.
 *
 * @param what for those who wait meanwhile: `update of stack quickstart`
 * @param work gets the hypervisor as it may be used under the lease
 * @throws LeaseHeldError after ten minutes, naming the holder; LeaseLostError from the work.
 */
export async function withGuestLease<T>(
  host: HypervisorHost,
  { name: domain, keepRunning }: Pick<DomainSpec, "name" | "keepRunning">,
  what: string,
  work: (fenced: HypervisorHost) => Promise<T>,
): Promise<T> {
  const holder = {
    runId: randomUUID(),
    description: `${userInfo().username}@${hostname()} pid ${process.pid}: ${what}`,
    since: new Date().toISOString(),
  };
  await giveBack(host.spec, domain);
  const engine = new AbortController();
  const unwatch = watchAncestors(watchedAncestors(process.ppid), ({ name, pid }) =>
    engine.abort(new Error(`${name} (pid ${pid}) has ended: nothing more is done with guest "${domain}"`)),
  );
  const lease = await acquireLease(host, domain, {
    holder,
    waitMs: WAIT_MS,
    signal: engine.signal,
    fate: (abandoned) => (abandoned !== null && keepRunning !== true ? "powerOff" : "leave"),
  }).catch((error: unknown) => {
    // Without its folder nobody can drive the guest.
    if (error instanceof NoGuestFolderError) return null;
    unwatch();
    throw error;
  });
  // The keeper ends what runs under the lease, and lets nothing more begin.
  engine.signal.addEventListener("abort", () => void lease?.release(), { once: true });
  try {
    engine.signal.throwIfAborted();
    if (lease === null) return await work(host);
    const fenced = fencedHost(host, lease.fence);
    if (lease.abandoned !== null && keepRunning !== true) await guestPower(fenced, domain).powerOff();
    return await work(fenced);
  } finally {
    unwatch();
    await lease?.release();
  }
}
