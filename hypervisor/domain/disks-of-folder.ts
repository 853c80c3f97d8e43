import type { GuestFiles } from "../guest-files";
import type { HypervisorHost } from "../host";
import { layerDisk, layerOfDisk, type LayerRecord, readLayer } from "./layers";
import type { DefinitionFacts } from "./xml/read-definition";

/** The disks that a guest wrote into last, and what they were made from. */
export interface CurrentDisks {
  readonly baseDigest: string;
  readonly disks: readonly { readonly device: string; readonly file: string }[];
}

/**
 * The current disks of a guest: those that its definition names, or, when the definition is lost, those of the newest
 * layer that no other stands on.
 * @returns null when there are none.
 */
export async function disksOf(
  host: HypervisorHost,
  files: GuestFiles,
  existing: DefinitionFacts | null,
): Promise<CurrentDisks | null> {
  const named = (existing?.disks ?? []).flatMap(({ source }) =>
    source === null ? [] : (layerOfDisk(files, source) ?? []),
  );
  const layer =
    named[0] === undefined ? await newestLeaf(host, files) : await readLayer(host, files, named[0]);
  if (layer === null) return null;
  const disks = layer.base.map(({ device }) => ({ device, file: layerDisk(files, layer.id, device) }));
  const there = await Promise.all(disks.map(({ file }) => host.files.exists(file)));
  return there.every(Boolean) ? { baseDigest: layer.base[0]?.digest ?? "", disks } : null;
}

async function newestLeaf(host: HypervisorHost, files: GuestFiles): Promise<LayerRecord | null> {
  const argv = ["sh", "-c", '[ -d "$1" ] || exit 0; LC_ALL=C exec ls -1At -- "$1"', "sh", files.layers];
  const newestFirst = (await host.shell.output({ argv })).split("\n").filter((name) => name !== "");
  const layers = await Promise.all(newestFirst.map((id) => readLayer(host, files, id)));
  const known = layers.filter((layer) => layer !== null);
  const below = new Set(known.map(({ parent }) => parent));
  return known.find(({ id }) => !below.has(id)) ?? null;
}
