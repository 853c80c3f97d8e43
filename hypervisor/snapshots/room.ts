import type { SnapshotContext } from "./context";

const MIB = 1024 ** 2;
/** Device state, the file's header and the first blocks of the new overlays. */
const BESIDE_MEMORY = 24 * MIB;

/** Room for a memory file, in bytes. */
export interface Room {
  /** Upper bound: pages of zeros take none. */
  readonly needed: number;
  readonly free: number;
}

/** How much room a memory file may take, by what the guest has really used, and how much there is. */
export async function roomForMemory({ host, spec, files }: SnapshotContext): Promise<Room> {
  const [stats, free] = await Promise.all([
    host.tryVirsh(["dommemstat", "--domain", spec.name]),
    host.shell.output({ argv: ["df", "--output=avail", "-B1", "--", files.folder] }),
  ]);
  const resident = Number(/^rss (\d+)$/m.exec(stats.stdout)?.[1] ?? Infinity) * 1024;
  return {
    needed: Math.min(resident, spec.memoryMiB * MIB) + BESIDE_MEMORY,
    free: Number(free.trim().split("\n").at(-1)),
  };
}

/** @throws Error saying how much is needed and how much is free. */
export async function assertRoom(context: SnapshotContext): Promise<void> {
  const room = await roomForMemory(context);
  if (room.free < room.needed) throw new Error(noRoom(context, room));
}

export function noRoom({ files, host }: SnapshotContext, { needed, free }: Room): string {
  const mib = (bytes: number) => `${Math.ceil(bytes / MIB)} MiB`;
  return (
    `there is no room for the snapshot's memory file on ${host.shell.description}: ` +
    `it needs up to ${mib(needed)}, and ${mib(free)} are free in ${files.folder}`
  );
}
