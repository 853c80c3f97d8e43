import { UserError } from "../../definitions/user-error";
import type { GuestFiles } from "../guest-files";
import type { HypervisorHost } from "../host";
import { adoptKeptDisks } from "./adopt-kept";
import { guestDisks, type WritableDisk } from "./disks";
import { disksOf, UnclearDisksError } from "./disks-of-folder";
import { isKept } from "./kept-disks";
import { createLayer, layerDisk, layerFolder, layerOfDisk, readLayer } from "./layers";
import { writeSeed } from "./seed";
import type { DomainSpec } from "./spec";
import type { Undo } from "./undo";
import type { DefinitionFacts } from "./xml/read-definition";

/** Where the disks of a guest are. */
export interface SettledDisks {
  /** File of each writable disk, by target device. */
  readonly sources: Readonly<Record<string, string>>;
  /** They were made just now and hold nothing: the guest's next boot is its first. */
  readonly fresh: boolean;
}

/** A guest whose disks are settled. */
export interface GuestPlace {
  readonly files: GuestFiles;
  readonly spec: DomainSpec;
  /** Null: it is not defined. */
  readonly existing: DefinitionFacts | null;
  /** UUID of this instance of the guest. */
  readonly uuid: string;
}

/**
 * Files that the disks point at: those of the definition if they are sound, else a fresh layer. A long-lived guest that
 * is there gets no fresh one: what is on its disks is nowhere else.
 *
 * @throws UserError when the disks of a long-lived guest are not all there and as they should be.
 */
export async function settleDisks(
  host: HypervisorHost,
  place: GuestPlace,
  undo: Undo[],
): Promise<SettledDisks> {
  const { files, spec, existing } = place;
  const disks = guestDisks(spec).writable;
  const there =
    spec.keepRunning === true
      ? await lastingDisks(host, place, undo)
      : existing === null
        ? null
        : await soundSources(host, files, disks, existing);
  if (there !== null) return { sources: there, fresh: false };
  const { id: layer } = await createLayer(host, files, { parent: null, disks });
  undo.unshift(() => host.files.remove(layerFolder(files, layer)));
  const sources = Object.fromEntries(disks.map(({ device }) => [device, layerDisk(files, layer, device)]));
  return { sources, fresh: true };
}

/** The disks of a long-lived guest, of this instance or an earlier one; null: there have never been any. */
async function lastingDisks(
  host: HypervisorHost,
  { files, spec, existing, uuid }: GuestPlace,
  undo: Undo[],
): Promise<SettledDisks["sources"] | null> {
  // A delete that was broken off has copied them all: what is left in the folder is on its way out.
  const kept = existing === null && (await isKept(host, { domain: spec.name, uuid }, files.layers));
  const current = kept ? null : await currentDisks(host, files, spec, existing);
  if (current !== null) return current;
  if (existing === null) return adoptKeptDisks(host, files, spec, undo);
  throw refusedDisks(host, spec, new UnclearDisksError(files.layers, "no disk of the guest"));
}

async function currentDisks(
  host: HypervisorHost,
  files: GuestFiles,
  spec: DomainSpec,
  existing: DefinitionFacts | null,
): Promise<SettledDisks["sources"] | null> {
  try {
    const found = await disksOf(host, files, existing);
    if (found === null) return null;
    for (const { device, base } of guestDisks(spec).writable) {
      const below = found.base.find((entry) => entry.device === device);
      if (below?.path === base.path && below.digest === base.digest) continue;
      const over = below === undefined ? "there is no such disk" : `it was made from ${below.path}`;
      throw new UnclearDisksError(
        layerDisk(files, found.layer, device),
        `disk ${device} is to be over ${base.path}, and ${over}`,
      );
    }
    return Object.fromEntries(found.disks.map(({ device, file }) => [device, file]));
  } catch (error) {
    throw error instanceof UnclearDisksError ? refusedDisks(host, spec, error) : error;
  }
}

function refusedDisks(
  host: HypervisorHost,
  { name, owner }: DomainSpec,
  { file, found }: UnclearDisksError,
): UserError {
  return new UserError({
    what: `long-lived guest "${owner.guest}" (domain "${name}") on hypervisor "${host.spec.name}" is there, and its disks are not as they should be; it gets no empty ones, and nothing was touched`,
    file,
    found,
    remedy: `put that file right; or give up what was on the disks, and have the guest made anew: GUEST_FARM_REMOVE_DISKS=true pulumi destroy --target its URN, then pulumi up`,
  });
}

/** The current disk files; null unless each is there, in a layer of ours, over the base that is wanted. */
async function soundSources(
  host: HypervisorHost,
  files: GuestFiles,
  disks: readonly WritableDisk[],
  existing: DefinitionFacts,
): Promise<Readonly<Record<string, string>> | null> {
  const found = await Promise.all(
    disks.map(async ({ device, base }) => {
      const source = existing.disks.find((disk) => disk.device === device)?.source ?? null;
      const layer = source === null ? null : layerOfDisk(files, source);
      if (source === null || layer === null || !(await host.files.exists(source))) return null;
      const record = await readLayer(host, files, layer);
      const below = record?.base.find((entry) => entry.device === device);
      return below?.path === base.path && below.digest === base.digest ? ([device, source] as const) : null;
    }),
  );
  const sound = found.filter((entry) => entry !== null);
  return sound.length === disks.length ? Object.fromEntries(sound) : null;
}

/** A guest's NVRAM starts as a copy of its firmware's template, and is its own from then on. */
export async function settleNvram(host: HypervisorHost, files: GuestFiles, spec: DomainSpec, undo: Undo[]) {
  if (spec.firmware.kind !== "uefi" || (await host.files.exists(files.nvram))) return;
  undo.unshift(() => host.files.remove(files.nvram));
  await host.files.copy(spec.firmware.varsTemplate, files.nvram, "0600");
}

/** The medium in the seed's drive; null: empty. */
export async function settleSeed(
  host: HypervisorHost,
  files: GuestFiles,
  spec: DomainSpec,
  existing: DefinitionFacts | null,
  insertSeed: boolean,
  undo: Undo[],
): Promise<string | null> {
  if (spec.seed === undefined) {
    await host.files.remove(files.seed);
    return null;
  }
  const drive = existing?.disks.find(({ kind }) => kind === "cdrom");
  if (drive !== undefined && !insertSeed) {
    return drive.source === files.seed && (await host.files.exists(files.seed)) ? files.seed : null;
  }
  if (existing === null) undo.unshift(() => host.files.remove(files.seed));
  await writeSeed(host, files.seed, spec.seed);
  return files.seed;
}
