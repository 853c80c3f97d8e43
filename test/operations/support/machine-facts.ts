import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { guestFiles } from "../../../hypervisor/guest-files";
import { DISK_POOL, virsh } from "../../e2e/support/tiny-farm";

/** What a guest that nobody touches keeps. */
export interface MachineFacts {
  readonly uuid: string;
  /** Another one after every start; `-`: it is off. */
  readonly startId: string;
  readonly definition: string;
  /** Inode and size, and when it was written last, by path below the guest's folder; without those of the lease. */
  readonly files: Readonly<Record<string, string>>;
  /** Text of each snapshot's record, by file name. */
  readonly records: Readonly<Record<string, string>>;
}

/** @param domain of the local hypervisor, with its files in the usual place */
export function machineFacts(domain: string): MachineFacts {
  const { folder, snapshots } = guestFiles(DISK_POOL, domain);
  const records = readdirSync(snapshots).filter((name) => name.endsWith(".json"));
  const startId = virsh("domid", domain).trim();
  return {
    uuid: virsh("domuuid", domain).trim(),
    startId,
    definition: virsh("dumpxml", "--inactive", "--security-info", domain),
    files: Object.fromEntries(
      filesBelow(folder).map((path) => [path, traits(folder, path, startId !== "-")]),
    ),
    records: Object.fromEntries(records.map((name) => [name, readFileSync(join(snapshots, name), "utf8")])),
  };
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith("lease"))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/** A guest that is on writes to its disk and its console itself. */
function traits(folder: string, path: string, isOn: boolean): string {
  const { ino, size, mtimeMs } = statSync(join(folder, path));
  return isOn ? `inode ${ino}` : `inode ${ino}, ${size} bytes, ${new Date(mtimeMs).toISOString()}`;
}
