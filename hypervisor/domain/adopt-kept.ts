import { posix } from "node:path";
import { UserError } from "../../definitions/user-error";
import type { GuestFiles } from "../guest-files";
import type { HypervisorHost } from "../host";
import { guestDisks } from "./disks";
import { keptDisk, keptFolder, type KeptRecord, readKept } from "./kept-disks";
import { layerDisk, layerFolder, type LayerRecord, layerText, newLayerId } from "./layers";
import type { Undo } from "./undo";
import type { DomainSpec } from "./spec";

/**
 * Makes the first layer of a long-lived guest from disks that an earlier one left, if there are any.
 * @returns the disk files by target device; null: nothing is kept under the guest's name.
 * @throws UserError when what is kept is another guest's, or was made from another base image.
 */
export async function adoptKeptDisks(
  host: HypervisorHost,
  files: GuestFiles,
  spec: DomainSpec,
  undo: Undo[],
): Promise<Readonly<Record<string, string>> | null> {
  const folder = keptFolder(host.spec.diskPoolPath, spec.name);
  const kept = await readKept(host, folder);
  if (kept === null) {
    if ((await host.files.list(folder)).length === 0) return null;
    throw refusal(host, folder, "disks without a record that says whose they are");
  }
  const why = whyForeign(kept, spec);
  if (why !== null) throw refusal(host, folder, why);
  for (const device of kept.devices) {
    const file = keptDisk(folder, device);
    if (!(await host.files.exists(file))) throw refusal(host, folder, `no ${file}, which its record names`);
  }
  const layer = newLayerId();
  const disks = guestDisks(spec).writable;
  const record: LayerRecord = {
    id: layer,
    parent: null,
    // Somebody has worked on these disks: no clean snapshot is ever taken of them.
    pristine: false,
    base: disks.map(({ device, base }) => ({ device, path: base.path, digest: base.digest })),
  };
  await host.files.writeAtomic(posix.join(folder, "layer.json"), layerText(record), "0644");
  await host.files.mkdir(files.layers, "0711");
  // All disks at once: whenever this is broken off, they are all kept or all the guest's.
  const place = layerFolder(files, layer);
  await host.files.move(folder, place);
  undo.unshift(async () => {
    await host.files.move(place, folder);
    await host.files.remove(posix.join(folder, "layer.json"));
  });
  return Object.fromEntries(disks.map(({ device }) => [device, layerDisk(files, layer, device)]));
}

/** Why kept disks are not those of a guest; null: they are. The farm's id is another one after a destroy. */
export function whyForeign(
  kept: KeptRecord,
  spec: Pick<DomainSpec, "owner" | "baseImage"> & DiskSpec,
): string | null {
  const { owner } = kept;
  if (owner.stack !== spec.owner.stack || owner.guest !== spec.owner.guest) {
    return `disks of guest "${owner.guest}" of stack "${owner.stack}"`;
  }
  if (kept.baseDigest !== spec.baseImage.digest) {
    return `disks over base image ${short(kept.baseDigest)}; the guest is to have ${short(spec.baseImage.digest)}`;
  }
  const wanted = guestDisks(spec).writable.map(({ device }) => device);
  return wanted.join() === kept.devices.join()
    ? null
    : `disks ${kept.devices.join(", ")}; the guest is to have ${wanted.join(", ")}`;
}

type DiskSpec = Parameters<typeof guestDisks>[0];

function short(digest: string): string {
  return digest.slice(0, 12);
}

function refusal(host: HypervisorHost, folder: string, found: string): UserError {
  return new UserError({
    what: `disks that were kept on hypervisor "${host.spec.name}" have the name of this guest, and are not its own; nothing was touched`,
    found: `${folder}: ${found}`,
    remedy:
      "move that folder away to start from fresh disks, or give the guest back the definition that they belong to",
  });
}
