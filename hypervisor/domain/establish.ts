import { CommandError } from "../../connections/shell";
import { closeGuestFolder } from "../access/close-folder";
import { openFolders } from "../access/open-folders";
import { guestFiles } from "../guest-files";
import { type HypervisorHost, STDIN_FILE } from "../host";
import { sameOwner } from "../owner";
import { UserError } from "../../definitions/user-error";
import { assertDefinable } from "./check";
import { definedDomain } from "./defined-domain";
import { guestDisks } from "./disks";
import { growRootDisk } from "./grow-disk";
import { claimFolder, foreignOwner } from "./ownership";
import { settleDisks, settleNvram, settleSeed } from "./settle-files";
import type { Undo } from "./undo";
import type { DomainSpec } from "./spec";
import { domainXml } from "./xml/domain-xml";
import { sameMachine } from "./xml/machine";
import { assertDefines } from "./xml/template";

export interface EstablishOptions {
  /** Whether the drive of an existing domain gets the seed (again); a new domain, or fresh disks, always get it. */
  readonly insertSeed: boolean;
}

export interface Established {
  /** UUID of this instance of the guest: the same as long as its disks and snapshots are. */
  readonly uuid: string;
  /** A domain with our mark was there already and has been brought into shape. */
  readonly adopted: boolean;
}

/**
 * Brings a domain and its files to what a specification says, whatever is there already. What is right stays:
 * disks with their content, snapshots, an ejected seed. Nothing is booted or stopped; a running guest goes on and
 * has the new definition at its next start. What this call made is removed again when it fails.
 * @throws UserError when the name is taken by somebody else, or the specification cannot be defined.
 */
export async function establishDomain(
  host: HypervisorHost,
  spec: DomainSpec,
  options: EstablishOptions,
): Promise<Established> {
  assertDefinable(spec);
  const existing = await definedDomain(host, spec.name);
  if (existing !== null && (existing.owner === null || !sameOwner(existing.owner, spec.owner))) {
    throw foreignOwner(host, `domain "${spec.name}"`, existing.owner);
  }
  const files = guestFiles(spec.hypervisor.diskPoolPath, spec.name);
  const undo: Undo[] = [];
  try {
    const folder = await claimFolder(host, files, spec, existing?.uuid);
    if (folder.made) undo.unshift(() => host.files.remove(files.folder));
    await openFolders(host);
    await closeGuestFolder(host, files.folder);
    const { uuid } = folder;
    const { sources, fresh } = await settleDisks(host, { files, spec, existing, uuid }, undo);
    await settleNvram(host, files, spec, undo);
    // A guest reads its seed at its first boot, and over fresh disks the next one is its first again.
    const insertSeed = options.insertSeed || fresh;
    const seed = await settleSeed(host, files, spec, existing, insertSeed, undo);
    // The versioned name that libvirt chose stays: a newer QEMU on the hypervisor must not change the guest.
    const machine =
      existing !== null && sameMachine(spec.machine, existing.machine) ? existing.machine : spec.machine;
    const layout = { uuid: folder.uuid, files, disks: guestDisks(spec), sources, seed };
    const plan = { spec: { ...spec, machine }, layout };
    const xml = domainXml(plan);
    if (spec.template !== undefined) assertDefines(xml, plan);
    if (existing === null) undo.unshift(() => undefineQuietly(host, folder.uuid));
    await define(host, spec, xml);
    if (existing !== null || spec.keepRunning === true) await setAutostart(host, spec);
    await growRootDisk(host, spec, sources);
    return { uuid: folder.uuid, adopted: existing !== null };
  } catch (error) {
    for (const step of undo) await step().catch(() => undefined);
    throw error;
  }
}

/** libvirt checks the definition against its schema before it takes it. */
async function define(host: HypervisorHost, spec: DomainSpec, xml: string): Promise<void> {
  try {
    await host.virsh(["define", "--validate", "--file", STDIN_FILE], { stdin: xml });
  } catch (error) {
    if (spec.template === undefined || !(error instanceof CommandError)) throw error;
    throw new UserError({
      what: `libvirt refuses the definition made from the domain template of "${spec.owner.guest}"`,
      path: "template",
      found: error.result.stderr.trim(),
      remedy: "mend the template; virt-xml-validate on the hypervisor shows the place",
    });
  }
}

/** Long-lived guests come back with their hypervisor; nobody else starts a guest but a run. */
async function setAutostart(host: HypervisorHost, { name, keepRunning }: DomainSpec): Promise<void> {
  await host.virsh(["autostart", "--domain", name, ...(keepRunning === true ? [] : ["--disable"])]);
}

/** For a define that failed late, or whose answer was lost. By UUID: the name may be somebody else's by now. */
async function undefineQuietly(host: HypervisorHost, uuid: string): Promise<void> {
  await host.tryVirsh(["undefine", "--keep-nvram", "--domain", uuid]);
}
