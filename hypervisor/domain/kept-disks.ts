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
  const text = await host.files.read(posix.join(folder, "kept.json"));
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
 * Copies a guest's disks, which must not be in use, into one file each that needs neither layers nor base image. The
 * folder appears when all is in it; kept disks of the same instance are there already and stay as they are.
 * @throws UserError when disks of another instance have been kept under the same name, CommandError for a full disk.
 */
export async function keepDisks(host: HypervisorHost, { record, disks }: DisksToKeep): Promise<void> {
  const folder = keptFolder(host.spec.diskPoolPath, record.domain);
  const before = await readKept(host, folder);
  if (before?.uuid === record.uuid) return;
  if (before !== null) throw alreadyKept(host, folder, before);
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
    await host.files.writeAtomic(posix.join(work, "kept.json"), `${JSON.stringify(kept, null, 2)}\n`, "0644");
    await host.files.remove(mark);
    await host.files.move(work, folder);
  } catch (error) {
    await host.files.remove(work).catch(() => undefined);
    throw error;
  }
}

function alreadyKept(host: HypervisorHost, folder: string, { keptAt }: KeptRecord): UserError {
  return new UserError({
    what: `disks of an earlier guest of this name are kept on hypervisor "${host.spec.name}", and would be lost`,
    found: `${folder}, kept ${keptAt}`,
    remedy: "move that folder away, or destroy with removeDisks to keep no disks of this guest",
  });
}
