import type { GuestFiles } from "../guest-files";
import type { HypervisorHost } from "../host";
import { adoptKeptDisks } from "./adopt-kept";
import { guestDisks, type WritableDisk } from "./disks";
import { createLayer, layerDisk, layerFolder, layerOfDisk, readLayer } from "./layers";
import { writeSeed } from "./seed";
import type { DomainSpec } from "./spec";
import type { Undo } from "./undo";
import type { DefinitionFacts } from "./xml/read-definition";

/** Files that the disks point at: those of the definition if they are sound, else a fresh layer. */
export async function settleDisks(
  host: HypervisorHost,
  files: GuestFiles,
  spec: DomainSpec,
  existing: DefinitionFacts | null,
  undo: Undo[],
): Promise<Readonly<Record<string, string>>> {
  const disks = guestDisks(spec).writable;
  const kept = existing === null ? null : await soundSources(host, files, disks, existing);
  if (kept !== null) return kept;
  const adopted =
    existing === null && spec.keepRunning === true ? await adoptKeptDisks(host, files, spec, undo) : null;
  if (adopted !== null) return adopted;
  const { id: layer } = await createLayer(host, files, { parent: null, disks });
  undo.unshift(() => host.files.remove(layerFolder(files, layer)));
  return Object.fromEntries(disks.map(({ device }) => [device, layerDisk(files, layer, device)]));
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
