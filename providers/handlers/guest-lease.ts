import { randomUUID } from "node:crypto";
import { hostname, userInfo } from "node:os";
import type { DomainSpec } from "../../hypervisor/domain/spec";
import { guestFiles } from "../../hypervisor/guest-files";
import type { HypervisorHost } from "../../hypervisor/host";
import { acquireLease } from "../../hypervisor/leases/acquire-lease";
import { NoGuestFolderError } from "../../hypervisor/leases/lease";
import { guestPower } from "../../hypervisor/power";
import { giveBack } from "./awake-hosts";

const WAIT_MS = 600_000;

/**
 * Does something with a guest while nobody else drives it. A guest that a dead run left running is powered off
 * first: what it was doing is lost anyway. A long-lived guest goes on.
 *
 * @param what for those who wait meanwhile: `update of stack quickstart`
 * @throws LeaseHeldError after ten minutes, naming the holder.
 */
export async function withGuestLease<T>(
  host: HypervisorHost,
  { name: domain, keepRunning }: Pick<DomainSpec, "name" | "keepRunning">,
  what: string,
  work: () => Promise<T>,
): Promise<T> {
  const holder = {
    runId: randomUUID(),
    description: `${userInfo().username}@${hostname()} pid ${process.pid}: ${what}`,
    since: new Date().toISOString(),
  };
  await giveBack(host.spec, domain);
  const files = guestFiles(host.spec.diskPoolPath, domain);
  const lease = await acquireLease(host, files, { holder, waitMs: WAIT_MS }).catch((error: unknown) => {
    // Without its folder nobody can drive the guest.
    if (error instanceof NoGuestFolderError) return null;
    throw error;
  });
  try {
    if (lease !== null && lease.abandoned !== null && keepRunning !== true)
      await guestPower(host, domain).powerOff();
    return await work();
  } finally {
    await lease?.release();
  }
}
