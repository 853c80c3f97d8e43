import { posix } from "node:path";
import type { SnapshotContext } from "./context";
import { digestOfFile } from "./frozen-files";
import type { FileStamp, SnapshotRecord } from "./record";
import { snapshotFolder } from "./record-file";

/** A copy of a guest's firmware variables. */
export interface SavedNvram {
  readonly path: string;
  readonly sha256: string;
  /** The stamp of the frozen copy, with its digest. */
  stamp(frozen: FileStamp | undefined): FileStamp | null;
}

/** Copies the firmware's variables into a snapshot's folder; null: the firmware keeps none. */
export async function saveNvram(context: SnapshotContext, id: string): Promise<SavedNvram | null> {
  const { host, files, spec } = context;
  if (spec.firmware.kind !== "uefi" || !(await host.files.exists(files.nvram))) return null;
  const path = posix.join(snapshotFolder(files, id), "nvram.fd");
  await host.files.copy(files.nvram, path, "0600");
  const sha256 = await digestOfFile(context, path);
  return { path, sha256, stamp: (frozen) => (frozen === undefined ? null : { ...frozen, sha256 }) };
}

/** Whether the variables are still those that were copied. */
export async function nvramUnchanged(context: SnapshotContext, saved: SavedNvram): Promise<boolean> {
  return (await digestOfFile(context, context.files.nvram)) === saved.sha256;
}

/** Gives the guest (which must be off) the variables of a snapshot. @throws Error when their copy is damaged. */
export async function restoreNvram(context: SnapshotContext, { nvram, name }: SnapshotRecord): Promise<void> {
  if (nvram === null) return;
  const { host, files } = context;
  const copy = posix.join(files.folder, nvram.path);
  if (nvram.sha256 !== null && (await digestOfFile(context, copy)) !== nvram.sha256) {
    throw new Error(`the firmware variables of snapshot "${name}" were changed afterwards`);
  }
  await host.files.copy(copy, files.nvram, "0600");
}
