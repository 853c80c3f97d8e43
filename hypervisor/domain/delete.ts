import { CommandError } from "../../connections/shell";
import { type GuestFiles, guestFiles } from "../guest-files";
import type { HypervisorHost } from "../host";
import { sameOwner } from "../owner";
import { saysDomainMissing } from "../virsh-errors";
import { definedDomain } from "./defined-domain";
import { readFolderOwner } from "./ownership";
import type { DomainSpec } from "./spec";

/** What is needed to find a domain again. */
export type DomainIdentity = Pick<DomainSpec, "name" | "owner">;

/** All that libvirt itself keeps of a domain goes with it; the files of snapshots are in the guest's folder. */
const UNDEFINE = ["undefine", "--managed-save", "--snapshots-metadata", "--checkpoints-metadata", "--nvram"];

/**
 * Removes a domain and its folder: stops it if it runs, forgets libvirt's snapshots of it, removes disks, seed,
 * NVRAM and our own snapshots. Works from every partial state, and again when it was broken off. What has another
 * owner's mark is left alone. The caller holds the guest's lease.
 * @throws CommandError when libvirt or the host refuses: what is left is still found by the next call.
 */
export async function deleteDomain(host: HypervisorHost, { name, owner }: DomainIdentity): Promise<void> {
  const existing = await definedDomain(host, name);
  if (existing !== null) {
    if (existing.owner === null || !sameOwner(existing.owner, owner)) return;
    await stop(host, name);
    await undefine(host, name);
  }
  await removeFolder(host, guestFiles(host.spec.diskPoolPath, name), { name, owner });
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

/** The mark goes last: a folder half removed is still known as ours. */
async function removeFolder(
  host: HypervisorHost,
  files: GuestFiles,
  { owner }: DomainIdentity,
): Promise<void> {
  const names = await host.files.list(files.folder);
  const mark = await readFolderOwner(host, files);
  if (mark === null ? names.length > 0 : !sameOwner(mark, owner)) return;
  const last = [files.owner, files.lease, files.leaseHolder];
  await host.files.remove(
    ...names.map((entry) => `${files.folder}/${entry}`).filter((path) => !last.includes(path)),
  );
  await host.files.remove(files.folder);
}
