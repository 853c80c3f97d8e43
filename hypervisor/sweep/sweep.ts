import { randomUUID } from "node:crypto";
import { deleteDomain } from "../domain/delete";
import { guestFiles } from "../guest-files";
import type { HypervisorHost } from "../host";
import { acquireLease } from "../leases/acquire-lease";
import { fencedHost } from "../leases/fenced-host";
import { NoGuestFolderError } from "../leases/lease";
import { deleteNetwork } from "../networks/networks";
import { decideSweep, keepReferred, type LiveFarms, type SweepItem, type SweepOptions } from "./decide";
import type { Found } from "./found";
import { strayFiles } from "../stray-files";
import { findReferences, survey } from "./survey";

/** An item of a sweep, and what became of it. */
export interface SweepOutcome extends SweepItem {
  /** Why it could not be removed; undefined: it was, or was not to be. */
  readonly failure?: string;
}

/** What would be removed from a hypervisor, and what stays, with reasons. Changes nothing. */
export async function planSweep(
  host: HypervisorHost,
  live: LiveFarms,
  options: Omit<SweepOptions, "diskPoolPath">,
): Promise<readonly SweepItem[]> {
  const found = await survey(host);
  const items = decideSweep(found, live, { ...options, diskPoolPath: host.spec.diskPoolPath });
  const going = items.flatMap(({ remove, folder }) => (remove && folder !== undefined ? [folder.path] : []));
  const inFiles = await findReferences(host, going);
  const domains = new Set(items.filter(({ remove }) => remove).map(({ domain }) => domain?.name));
  const inDomains = found.domains
    .filter(({ name }) => !domains.has(name))
    .flatMap(({ name, files }) => files.map((to) => ({ from: `domain ${name}`, to })));
  return [...keepReferred(items, [...inFiles, ...inDomains]), ...(await strays(host, found))];
}

/** What killed writers have left in the folders of guests, whoever's they are. */
async function strays(host: HypervisorHost, { folders }: Found): Promise<readonly SweepItem[]> {
  const ours = folders.flatMap(({ path, owner }) => (owner === null ? [] : [path]));
  const files = await strayFiles(host, "list", ours);
  const reason = "whoever was writing it is gone";
  return files.map(
    (name) => ({ kind: "work", name, owner: null, remove: true, reason, isStray: true }) as const,
  );
}

/** Removes what a plan says, guests before networks; a failure stops nothing else. */
export async function performSweep(
  host: HypervisorHost,
  items: readonly SweepItem[],
): Promise<readonly SweepOutcome[]> {
  const outcomes: SweepOutcome[] = [];
  for (const item of items) {
    const failure = item.remove ? await failureOf(() => removeItem(host, item)) : undefined;
    outcomes.push(failure === undefined ? item : { ...item, failure });
  }
  return outcomes;
}

async function removeItem(host: HypervisorHost, item: SweepItem): Promise<void> {
  const { kind, name, owner, folder, work } = item;
  if (work !== undefined) {
    const argv = ["flock", "-n", work.lock, "rm", "-rf", "--", work.path];
    await host.shell.output({ argv });
    return;
  }
  if (item.isStray === true) {
    await strayFiles(host, "remove", [name]);
    return;
  }
  if (owner === null) return;
  if (kind === "network") return deleteNetwork(host, { name, owner, mode: "nat" });
  // Disks that were about to be kept when it was broken off: no guest's folder.
  if (folder !== undefined && folder.path !== guestFiles(host.spec.diskPoolPath, name).folder) {
    return host.files.remove(folder.path);
  }
  await underLease(host, name, (fenced) =>
    deleteDomain(fenced, { name, owner, ...(folder?.keepRunning === true ? { keepRunning: true } : {}) }),
  );
}

/** Nobody may have begun to drive the guest since it was looked at. */
async function underLease(
  host: HypervisorHost,
  domain: string,
  work: (fenced: HypervisorHost) => Promise<void>,
): Promise<void> {
  const holder = { runId: randomUUID(), description: "guest-farm sweep", since: new Date().toISOString() };
  const lease = await acquireLease(host, domain, { holder, waitMs: 0 }).catch((error: unknown) => {
    if (error instanceof NoGuestFolderError) return null;
    throw error;
  });
  try {
    await work(lease === null ? host : fencedHost(host, lease.fence));
  } finally {
    await lease?.release();
  }
}

async function failureOf(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
