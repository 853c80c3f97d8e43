import { posix } from "node:path";
import { z } from "zod";
import { UserError } from "../../definitions/user-error";
import { fileSlug } from "../guest-files";
import type { HypervisorHost } from "../host";
import { OwnerMark } from "../owner";

/** `kept.json`: disks that outlived their guest, each one file that needs no other. */
export const KeptRecord = z.strictObject({
  formatVersion: z.literal(1),
  /** What every clean-up looks for: nothing in this folder is ever removed by guest-farm. */
  kept: z.literal(true),
  domain: z.string(),
  owner: OwnerMark,
  /** Instance of the guest whose disks they are. */
  uuid: z.string(),
  /** sha256 of the base image that the root disk was made from. */
  baseDigest: z.string(),
  /** Target devices in the order of the guest; each has `<device>.qcow2`. */
  devices: z.array(z.string()).min(1),
  /** ISO 8601, UTC. */
  keptAt: z.string(),
});
export type KeptRecord = z.infer<typeof KeptRecord>;

const RECORD = "kept.json";

/** Beside the guests' folders, under a name that none of them can have. */
export function keptFolder(diskPoolPath: string, domain: string): string {
  return posix.join(diskPoolPath, `kept~${fileSlug(domain)}`);
}

export function keptDisk(folder: string, device: string): string {
  return posix.join(folder, `${device}.qcow2`);
}

/** The record of kept disks; null: there is none that can be read. */
export async function readKept(
  host: Pick<HypervisorHost, "files">,
  folder: string,
): Promise<KeptRecord | null> {
  const text = await host.files.read(posix.join(folder, RECORD));
  if (text === null) return null;
  try {
    return KeptRecord.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** Flattening reads and writes whole disks. Milliseconds. */
const FLATTEN_TIMEOUT_MS = 4 * 3_600_000;

/** The disks of a guest that is about to go: files by target device, in the guest's order. */
export interface DisksToKeep {
  readonly record: Omit<KeptRecord, "formatVersion" | "kept" | "devices" | "keptAt">;
  readonly disks: readonly { readonly device: string; readonly file: string }[];
}

/**
 * Whether the disks of an instance have been kept as they are now: a delete that was broken off may have done it, and
 * the guest may have run again since.
 */
export async function isKept(
  host: HypervisorHost,
  { domain, uuid }: Pick<KeptRecord, "domain" | "uuid">,
  layers: string,
): Promise<boolean> {
  const folder = keptFolder(host.spec.diskPoolPath, domain);
  if ((await readKept(host, folder))?.uuid !== uuid) return false;
  const newer =
    '[ -d "$1" ] || exit 0; exec find "$1" -type f ! -name "layer.json*" -newer "$2" -print -quit';
  const argv = ["sh", "-c", newer, "sh", layers, posix.join(folder, RECORD)];
  return (await host.shell.output({ argv })) === "";
}

/**
 * Copies a guest's disks, which must not be in use, into one file each that needs neither layers nor base image. The
 * folder appears when all is in it, and takes the place of an earlier copy of the same instance.
 * @throws UserError when disks of another instance have been kept under the same name, CommandError for a full disk.
 */
export async function keepDisks(host: HypervisorHost, { record, disks }: DisksToKeep): Promise<void> {
  const folder = keptFolder(host.spec.diskPoolPath, record.domain);
  const before = await readKept(host, folder);
  if (before !== null && before.uuid !== record.uuid) throw alreadyKept(host, folder, before);
  if (before === null && (await host.files.list(folder)).length > 0) throw alreadyKept(host, folder, null);
  const work = `${folder}.new`;
  await host.files.remove(work);
  await host.files.mkdir(work, "0711");
  // Found by a sweep if this is broken off.
  const mark = posix.join(work, "owner.json");
  await host.files.writeAtomic(
    mark,
    JSON.stringify({ ...record.owner, uuid: record.uuid, domain: record.domain }),
    "0644",
  );
  try {
    for (const { device, file } of disks) {
      const argv = [
        "qemu-img",
        "convert",
        "-q",
        "-U",
        "-f",
        "qcow2",
        "-O",
        "qcow2",
        file,
        keptDisk(work, device),
      ];
      await host.shell.output({ argv, timeoutMs: FLATTEN_TIMEOUT_MS });
      await host.shell.output({ argv: ["chmod", "0600", keptDisk(work, device)] });
    }
    const kept: KeptRecord = {
      formatVersion: 1,
      kept: true,
      ...record,
      devices: disks.map(({ device }) => device),
      keptAt: new Date().toISOString(),
    };
    await host.files.writeAtomic(posix.join(work, RECORD), `${JSON.stringify(kept, null, 2)}\n`, "0644");
    await host.files.remove(mark);
    if (before !== null) await host.files.remove(folder);
    await host.files.move(work, folder);
  } catch (error) {
    await host.files.remove(work).catch(() => undefined);
    throw error;
  }
}

function alreadyKept(host: HypervisorHost, folder: string, record: KeptRecord | null): UserError {
  return new UserError({
    what: `disks of an earlier guest of this name are kept on hypervisor "${host.spec.name}", and would be lost`,
    found: `${folder}, ${record === null ? "without a record that can be read" : `kept ${record.keptAt}`}`,
    remedy: "move that folder away, or destroy with removeDisks to keep no disks of this guest",
  });
}
