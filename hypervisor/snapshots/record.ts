import { z } from "zod";
import { OwnerMark } from "../owner";
import { GroundStamp } from "./ground";
import { ResumeFacts } from "./resume-facts";

/** How a snapshot is taken and restored. */
export const Strategy = z.enum(["saved", "live", "overlay"]);
export type Strategy = z.infer<typeof Strategy>;

/** A file as it was when the snapshot was complete. */
export const FileStamp = z.strictObject({
  /** Relative to the guest's folder. */
  path: z.string(),
  /** Bytes; null: the file goes on being written (the disks that hold an internal snapshot). */
  size: z.number().nullable(),
  /** Time of the last change in seconds, as the host writes it; compared, never computed with. */
  mtime: z.string().nullable(),
  /** sha256, of small files only. */
  sha256: z.string().nullable(),
});
export type FileStamp = z.infer<typeof FileStamp>;

/** `snapshots/<slug of the name>.json`: the truth about a snapshot. */
export const SnapshotRecord = z.strictObject({
  formatVersion: z.literal(1),
  /** Names the folder of its memory file and NVRAM. */
  id: z.string().regex(/^[a-z0-9]+$/),
  name: z.string().min(1),
  kind: z.enum(["clean", "init", "checkpoint"]),
  project: z.string().nullable(),
  revision: z.string().nullable(),
  /** Stamped in when it was made; read back on hits. */
  token: z.string(),
  /** Content key that it was made from; null: the name alone decides. */
  key: z.string().nullable(),
  strategy: Strategy,
  owner: OwnerMark,
  /** ISO 8601, UTC. */
  createdAt: z.string(),
  /** Layers from the one that holds its disks down to the base. */
  chain: z.array(z.string()).min(1),
  /** Images under the chain. */
  base: z.array(z.string()),
  /** Files of others that the disks depend on. Absent: the record was made before they were noted. */
  ground: z.array(GroundStamp).optional(),
  /** No phase had touched the disks. */
  pristine: z.boolean(),
  /** Every disk file of the chain. */
  disks: z.array(FileStamp),
  /** Null: it holds no memory file. */
  memory: FileStamp.nullable(),
  /** Null: the firmware keeps no variables. */
  nvram: FileStamp.nullable(),
  /** Name of libvirt's internal snapshot; null: it is none. */
  internal: z.string().nullable(),
  /** What has to be as it was for the memory to be used; null: there is no memory. */
  resume: ResumeFacts.nullable(),
});
export type SnapshotRecord = z.infer<typeof SnapshotRecord>;

/** The layer that holds a snapshot's disks. */
export function layerOfRecord(record: SnapshotRecord): string {
  return record.chain[0] ?? "";
}

/** A record from its text; null when it is none of ours, or of another format. */
export function parseRecord(text: string): SnapshotRecord | null {
  try {
    return SnapshotRecord.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
