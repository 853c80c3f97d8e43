import { posix } from "node:path";
import { CommandError } from "../../connections/shell";
import { fileSlug, type GuestFiles } from "../guest-files";
import type { HypervisorHost } from "../host";
import { parseRecord, SnapshotRecord } from "./record";

/** Record file of a snapshot's name. */
export function recordPath(files: GuestFiles, name: string): string {
  return posix.join(files.snapshots, `${fileSlug(name)}.json`);
}

/** Folder of a snapshot's memory file and NVRAM. */
export function snapshotFolder(files: GuestFiles, id: string): string {
  return posix.join(files.snapshots, id);
}

/** Puts a record in place: from then on its snapshot is the one of that name. */
export async function writeRecord(
  host: HypervisorHost,
  files: GuestFiles,
  record: SnapshotRecord,
): Promise<void> {
  const text = `${JSON.stringify(SnapshotRecord.parse(record), null, 2)}\n`;
  await host.files.writeAtomic(recordPath(files, record.name), text, "0644");
}

/** Whether all of a list of files are there. */
const ALL_THERE = 'for file; do [ -e "$file" ] || exit 44; done';

/**
 * Record of a snapshot; null: there is none that can be read, or the disks that it speaks of are gone. For those who
 * want to know no more than whether a snapshot is there; changes nothing and needs no lease.
 */
export async function readRecord(
  host: HypervisorHost,
  files: GuestFiles,
  name: string,
): Promise<SnapshotRecord | null> {
  const record = parseRecord((await host.files.read(recordPath(files, name))) ?? "");
  if (record === null) return null;
  const needed = [...record.base, ...record.disks.map(({ path }) => posix.join(files.folder, path))];
  const argv = ["sh", "-c", ALL_THERE, "sh", ...needed];
  const result = await host.shell.run({ argv });
  if (result.exitCode === 44) return null;
  if (result.exitCode !== 0) throw new CommandError(host.shell.description, argv, result);
  return record;
}
