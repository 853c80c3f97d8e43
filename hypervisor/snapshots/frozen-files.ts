import { posix } from "node:path";
import { COMMAND_LIMITS } from "../../definitions/time-limits";
import { CommandError } from "../../connections/shell";
import type { SnapshotContext } from "./context";
import type { FileStamp } from "./record";

/** Files that a snapshot is made of, absolute paths. */
export interface FrozenFiles {
  /** Readable to all who get through the folder: QEMU may run as anybody. */
  readonly disks: readonly string[];
  /** Memory and firmware variables: read by libvirt or by us. */
  readonly secret: readonly string[];
}

const FLUSH_TIMEOUT_MS = COMMAND_LIMITS.flush;

const FREEZE = `
set -e
count=$1; shift
[ "$(id -u)" = 0 ] && own='chown -- 0:0' || own=:
for file; do
  [ "$count" -gt 0 ] && mode=0444 || mode=0400
  count=$((count - 1))
  $own "$file"
  chmod "$mode" -- "$file"
  sync -- "$file" "$(dirname -- "$file")"
  stat -c '%s' -- "$file"
  find "$file" -maxdepth 0 -printf '%T@\\n'
done
`;

/**
 * Takes the right to write away from files, from QEMU as well, has them on the disk with the folders that name them, and
 * notes how they are.
 */
export async function freeze(
  { host, files }: SnapshotContext,
  { disks, secret }: FrozenFiles,
): Promise<readonly FileStamp[]> {
  const paths = [...disks, ...secret];
  const output = await host.shell.output({
    argv: ["sh", "-c", FREEZE, "sh", String(disks.length), ...paths],
    timeoutMs: FLUSH_TIMEOUT_MS,
  });
  const lines = output.split("\n");
  return paths.map((path, index) => ({
    path: posix.relative(files.folder, path),
    size: Number(lines[2 * index]),
    mtime: lines[2 * index + 1] ?? "",
    sha256: null,
  }));
}

/** Digest of a small file. */
export async function digestOfFile({ host }: SnapshotContext, path: string): Promise<string> {
  const output = await host.shell.output({ argv: ["sha256sum", "--", path] });
  // sha256sum marks names that it had to escape with a backslash in front.
  return output.replace(/^\\/, "").slice(0, 64);
}

/** @throws Error naming the file when a file is not as its stamp says. */
export async function assertUnchanged(
  { host, files, spec }: SnapshotContext,
  stamps: readonly FileStamp[],
): Promise<void> {
  const known = stamps.filter(({ size }) => size !== null);
  const paths = known.map(({ path }) => posix.join(files.folder, path));
  const command = ["find", ...paths, "-maxdepth", "0", "-printf", "%s %T@\n"];
  const result = await host.shell.run({ argv: command });
  if (result.exitCode !== 0) throw new CommandError(host.shell.description, command, result);
  const now = result.stdout.split("\n");
  const changed = known.find(({ size, mtime }, index) => now[index] !== `${size ?? ""} ${mtime ?? ""}`);
  if (changed !== undefined) {
    throw new Error(
      `${changed.path} of guest "${spec.owner.guest}" belongs to a snapshot and was written to; the snapshot is not to be trusted any more`,
    );
  }
}
