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

/**
 * Puts a record in place: from then on its snapshot is the one of that name. All that it speaks of has to be on the disk
 * before: after a power failure there must be no record of what was only in the host's memory.
 */
export async function writeRecord(
  host: HypervisorHost,
  files: GuestFiles,
  record: SnapshotRecord,
): Promise<void> {
  const text = `${JSON.stringify(SnapshotRecord.parse(record), null, 2)}\n`;
  const path = recordPath(files, record.name);
  await host.files.writeDurable(path, text, "0644");
}

/**
 * Whether files are as they should be: first how many have to be as noted, each with its size and time, then those that
 * only have to be there.
 */
const ALL_THERE = `
export LC_ALL=C
count=$1; shift
while [ "$count" -gt 0 ]; do
  [ "$(find -L "$1" -maxdepth 0 -printf '%s %T@' 2>/dev/null)" = "$2" ] || exit 44
  shift 2; count=$((count - 1))
done
for file; do [ -e "$file" ] || exit 44; done
`;

/**
 * Record of a snapshot; null: there is none that can be read, the disks that it speaks of are gone, or files of
 * others under it were written anew. For those who
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
  const { ground = [] } = record;
  const noted = ground.flatMap(({ path, size, mtime }) => [path, `${size} ${mtime}`]);
  const argv = ["sh", "-c", ALL_THERE, "sh", String(ground.length), ...noted, ...needed];
  const result = await host.shell.run({ argv });
  if (result.exitCode === 44) return null;
  if (result.exitCode !== 0) throw new CommandError(host.shell.description, argv, result);
  return record;
}
