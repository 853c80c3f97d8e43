import { posix } from "node:path";
import { createHash } from "node:crypto";

/**
 * Where a guest's files are on its hypervisor. One folder per domain, so that deleting is exact:
 *
 *     <diskPoolPath>/<slug>/owner.json               the owner mark
 *                          /layers/<id>/<dev>.<fmt>  writable overlays, frozen when a snapshot takes them
 *                          /layers/<id>/layer.json   parent layer, whether a phase has touched it
 *                          /snapshots/<slug>.json    record of a snapshot (the truth about it)
 *                          /snapshots/<id>/...       its memory file and NVRAM
 *                          /seed.iso  /nvram.fd  /console.log
 *                          /lease  /lease.json       the lease and its holder
 *                          /lease.json.shares        the last of those who share it
 *                          /last-run.json            summary of the last run
 *                          /last-run.<stack>.json    the same of another stack whose project runs in the guest
 *
 * Beside it, while its lease is held: `<diskPoolPath>/.lease.<slug>/<token>/`, how the lease's keeper is reached. It
 * outlives the guest's folder, which is deleted under a lease.
 */
export interface GuestFiles {
  readonly folder: string;
  readonly owner: string;
  readonly layers: string;
  readonly snapshots: string;
  readonly seed: string;
  readonly nvram: string;
  readonly console: string;
  readonly lease: string;
  readonly leaseHolder: string;
  readonly leaseShares: string;
  readonly keepers: string;
  readonly lastRun: string;
}

export function guestFiles(diskPoolPath: string, domain: string): GuestFiles {
  const folder = posix.join(diskPoolPath, fileSlug(domain));
  const inside = (name: string) => posix.join(folder, name);
  return {
    folder,
    owner: inside("owner.json"),
    layers: inside("layers"),
    snapshots: inside("snapshots"),
    seed: inside("seed.iso"),
    nvram: inside("nvram.fd"),
    console: inside("console.log"),
    lease: inside("lease"),
    leaseHolder: inside("lease.json"),
    leaseShares: inside("lease.json.shares"),
    keepers: posix.join(diskPoolPath, `.lease.${fileSlug(domain)}`),
    lastRun: inside("last-run.json"),
  };
}

/**
 * Where a stack finds the summary of its own last run of a guest.
 * @param owner the stack that made the guest
 */
export function lastRunFile(files: GuestFiles, stack: string, owner: string): string {
  return stack === owner ? files.lastRun : posix.join(files.folder, `last-run.${fileSlug(stack)}.json`);
}

/**
 * A file name for any name: itself when it is plain, else a readable part and a digest that keeps it unique.
 * `VM debian_12_amd64` becomes `VM-debian_12_amd64~3f6c0b21`.
 */
export function fileSlug(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name)) return name;
  const readable = name
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[.-]+/, "")
    .slice(0, 60);
  return `${readable}~${createHash("sha256").update(name).digest("hex").slice(0, 8)}`;
}
