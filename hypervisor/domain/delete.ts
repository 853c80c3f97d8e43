import { CommandError } from "../../connections/shell";
import { UserError } from "../../definitions/user-error";
import { forgetInHostGuard } from "../firewall/host-guard";
import { type GuestFiles, guestFiles } from "../guest-files";
import type { HypervisorHost } from "../host";
import { type OwnerMark, sameOwner } from "../owner";
import { saysDomainMissing } from "../virsh-errors";
import { definedDomain } from "./defined-domain";
import { type CurrentDisks, disksOf, UnclearDisksError } from "./disks-of-folder";
import { type DisksToKeep, isKept, keepDisks } from "./kept-disks";
import { type FolderOwner, readFolderOwner } from "./ownership";
import type { DomainSpec } from "./spec";
import type { DefinitionFacts } from "./xml/read-definition";

/** What is needed to find a domain again, and to know whether its disks outlive it. */
export type DomainIdentity = Pick<DomainSpec, "name" | "owner" | "keepRunning">;

export interface DeleteOptions {
  /** Whether the disks of a long-lived guest go too. Default: they are kept. */
  readonly removeDisks?: boolean;
}

/** All that libvirt itself keeps of a domain goes with it; the files of snapshots are in the guest's folder. */
const UNDEFINE = ["undefine", "--managed-save", "--snapshots-metadata", "--checkpoints-metadata", "--nvram"];

/**
 * Removes a domain and its folder: stops it if it runs, forgets libvirt's snapshots of it, removes disks, seed,
 * NVRAM and our own snapshots. The disks of a long-lived guest are kept, unless told otherwise. Works from every
 * partial state, and again when it was broken off. What has another owner's mark is left alone. The caller holds the
 * guest's lease.
 * @throws UserError when the disks of a long-lived guest are to be kept and cannot be: nothing was touched.
 * @throws CommandError when libvirt or the host refuses: what is left is still found by the next call.
 */
export async function deleteDomain(
  host: HypervisorHost,
  { name, owner, keepRunning }: DomainIdentity,
  { removeDisks = false }: DeleteOptions = {},
): Promise<void> {
  const existing = await definedDomain(host, name);
  if (existing !== null && (existing.owner === null || !sameOwner(existing.owner, owner))) return;
  const files = guestFiles(host.spec.diskPoolPath, name);
  const guest = { name, owner, keepRunning };
  const disks = removeDisks ? null : await disksToKeep(host, files, guest, existing);
  if (existing !== null) await stop(host, name);
  if (disks !== null && !(await isKept(host, disks.record, files.layers))) await keepDisks(host, disks);
  if (existing !== null) await undefine(host, name);
  await removeFolder(host, files, owner, existing);
  await forgetInHostGuard(host, name);
}

/**
 * What of a guest outlives it; null: nothing. Looked at while the definition still says which files the disks are, and
 * before anything is done.
 */
async function disksToKeep(
  host: HypervisorHost,
  files: GuestFiles,
  guest: DomainIdentity,
  existing: DefinitionFacts | null,
): Promise<DisksToKeep | null> {
  const { name, owner } = guest;
  const mark = await readFolderOwner(host, files);
  const uuid = mark?.uuid ?? existing?.uuid;
  if (uuid === undefined || (mark !== null && !sameOwner(mark, owner))) return null;
  if (!isLongLived(guest, mark)) return null;
  if (existing === null && (await isKept(host, { domain: name, uuid }, files.layers))) return null;
  const found = await disksOf(host, files, existing).catch((error: unknown) => {
    throw error instanceof UnclearDisksError ? notKept(host, guest, files, error) : error;
  });
  if (found === null) return null;
  return { record: { domain: name, owner, uuid, baseDigest: rootBase(found) }, disks: found.disks };
}

/** By either word: a refresh says `false` of a guest whose autostart somebody has switched off. */
function isLongLived({ keepRunning }: DomainIdentity, mark: FolderOwner | null): boolean {
  return keepRunning === true || mark?.keepRunning === true;
}

function rootBase({ base }: CurrentDisks): string {
  return base[0]?.digest ?? "";
}

function notKept(
  host: HypervisorHost,
  { name, owner }: DomainIdentity,
  { layers }: GuestFiles,
  { file, found }: UnclearDisksError,
): UserError {
  return new UserError({
    what: `the disks of long-lived guest "${owner.guest}" (domain "${name}") on hypervisor "${host.spec.name}" outlive it, and cannot be kept as they are; nothing was touched`,
    file,
    found,
    remedy: `put that file right; or copy what you need from ${layers}, and delete the guest with its disks: GUEST_FARM_REMOVE_DISKS=true pulumi destroy`,
  });
}

async function stop(host: HypervisorHost, name: string): Promise<void> {
  const argv = ["destroy", "--domain", name];
  const result = await host.tryVirsh(argv);
  const off = /domain is not running/i.test(result.stderr) || saysDomainMissing(result);
  if (result.exitCode !== 0 && !off)
    throw new CommandError(host.shell.description, ["virsh", ...argv], result);
}

/** A transient domain has gone with its process, and another deleter may have been faster: both are fine. */
async function undefine(host: HypervisorHost, name: string): Promise<void> {
  const argv = [...UNDEFINE, "--domain", name];
  const result = await host.tryVirsh(argv);
  if (result.exitCode === 0 || (await definedDomain(host, name)) === null) return;
  throw new CommandError(host.shell.description, ["virsh", ...argv], result);
}

/**
 * The mark goes last: a folder half removed is still known as ours. One that has lost its mark is ours when a domain of
 * ours had its disks there.
 */
async function removeFolder(
  host: HypervisorHost,
  files: GuestFiles,
  owner: OwnerMark,
  existing: DefinitionFacts | null,
): Promise<void> {
  const names = await host.files.list(files.folder);
  const mark = await readFolderOwner(host, files);
  const used = existing?.disks.some(({ source }) => source?.startsWith(`${files.layers}/`)) ?? false;
  if (mark === null ? names.length > 0 && !used : !sameOwner(mark, owner)) return;
  const last = [files.owner, files.lease, files.leaseHolder];
  await host.files.remove(
    ...names.map((entry) => `${files.folder}/${entry}`).filter((path) => !last.includes(path)),
  );
  await host.files.remove(files.folder);
}
