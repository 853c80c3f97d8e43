import { randomUUID } from "node:crypto";
import { z } from "zod";
import { UserError } from "../../definitions/user-error";
import type { GuestFiles } from "../guest-files";
import type { HypervisorHost } from "../host";
import { OwnerMark, sameOwner } from "../owner";
import type { DomainSpec } from "./spec";

/**
 * `owner.json`: the mark of a guest's folder, and the UUID of this instance of the guest. A definition that was
 * lost is made again under the same UUID, so that the memory files of its snapshots still fit; a replaced guest
 * has a new folder and a new UUID.
 */
export const FolderOwner = OwnerMark.extend({
  uuid: z.uuid(),
  /** Name of the domain: not every name can be told from that of its folder. */
  domain: z.string().optional(),
  /** A long-lived guest, whose disks outlive it. */
  keepRunning: z.boolean().optional(),
});
export type FolderOwner = z.infer<typeof FolderOwner>;

export interface ClaimedFolder {
  /** The folder was not there before. */
  readonly made: boolean;
  readonly uuid: string;
}

/** The mark in a guest's folder; null: there is no folder, or no readable mark in it. */
export async function readFolderOwner(host: HypervisorHost, files: GuestFiles): Promise<FolderOwner | null> {
  const text = await host.files.read(files.owner);
  if (text === null) return null;
  try {
    return FolderOwner.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/**
 * Makes a guest's folder ours, or finds that it is.
 * @param uuid UUID of the domain if there is one.
 * @throws UserError when the folder is somebody else's.
 */
export async function claimFolder(
  host: HypervisorHost,
  files: GuestFiles,
  { name, owner, keepRunning }: Pick<DomainSpec, "name" | "owner" | "keepRunning">,
  uuid: string | undefined,
): Promise<ClaimedFolder> {
  await host.files.mkdir(host.spec.diskPoolPath, "0711");
  // qemu passes through to its disks without being able to look around.
  const made = await host.files.claim(files.folder, "0711");
  const found = made ? null : await readFolderOwner(host, files);
  if (found !== null && !sameOwner(found, owner)) throw foreignOwner(host, `folder ${files.folder}`, found);
  if (!made && found === null && uuid === undefined && (await host.files.list(files.folder)).length > 0) {
    throw foreignOwner(host, `folder ${files.folder}`, null);
  }
  const mark: FolderOwner = {
    ...owner,
    uuid: uuid ?? found?.uuid ?? randomUUID(),
    domain: name,
    ...(keepRunning === true ? { keepRunning } : {}),
  };
  try {
    await host.files.writeAtomic(files.owner, `${JSON.stringify(mark, null, 2)}\n`, "0644");
  } catch (error) {
    if (made) await host.files.remove(files.folder).catch(() => undefined);
    throw error;
  }
  return { made, uuid: mark.uuid };
}

/** Something has the name that we want, and is not ours. `owner` null: guest-farm did not make it. */
export function foreignOwner(host: HypervisorHost, what: string, owner: OwnerMark | null): UserError {
  return new UserError({
    what: `${what} on hypervisor "${host.spec.name}" belongs to somebody else and was left alone`,
    found:
      owner === null
        ? "something that guest-farm did not make"
        : `guest "${owner.guest}" of stack "${owner.stack}", farm ${owner.farm}`,
    remedy:
      owner === null
        ? "set another domainPrefix in the farm file, or move that thing away"
        : "set another domainPrefix in the farm file, or destroy that farm first",
  });
}
