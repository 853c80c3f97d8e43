import { randomBytes } from "node:crypto";
import { posix } from "node:path";
import { z } from "zod";
import { UserError } from "../../definitions/user-error";
import type { GuestFiles } from "../guest-files";
import type { HypervisorHost } from "../host";
import { verifyBase } from "../images/verify";
import type { WritableDisk } from "./disks";

/** `layer.json`: a set of overlays, one for every writable disk, that are written and frozen together. */
export const LayerRecord = z.strictObject({
  id: z.string(),
  /** The layer under this one; null: the base images are under it. */
  parent: z.string().nullable(),
  /** No phase has touched the disks since they were laid fresh over the base. */
  pristine: z.boolean(),
  /**
   * `begun`: a first boot over the base was begun and has not been seen to end well, so that the disks are fit for
   * nothing. `ready`: it has; kept for long-lived guests alone, until their disks are touched. Absent: nothing of both.
   */
  firstBoot: z.enum(["begun", "ready"]).optional(),
  /** What is at the bottom of each disk's chain: an image with another digest must not be put there. */
  base: z.array(z.strictObject({ device: z.string(), path: z.string(), digest: z.string().nullable() })),
});
export type LayerRecord = z.infer<typeof LayerRecord>;

export function newLayerId(): string {
  return randomBytes(6).toString("hex");
}

export function layerFolder(files: GuestFiles, layer: string): string {
  return posix.join(files.layers, layer);
}

/** Overlay of one disk in a layer; always qcow2. */
export function layerDisk(files: GuestFiles, layer: string, device: string): string {
  return posix.join(layerFolder(files, layer), `${device}.qcow2`);
}

/** Id of the layer that holds a disk file; null for files that are in none of this guest's layers. */
export function layerOfDisk(files: GuestFiles, disk: string): string | null {
  const [layer, name, ...rest] = posix.relative(files.layers, disk).split("/");
  const inside =
    layer !== undefined && layer !== ".." && layer !== "" && name !== undefined && rest.length === 0;
  return inside ? layer : null;
}

/** Record of a layer; null when there is no such layer or its record cannot be read. */
export async function readLayer(
  host: HypervisorHost,
  files: GuestFiles,
  layer: string,
): Promise<LayerRecord | null> {
  const text = await host.files.read(posix.join(layerFolder(files, layer), "layer.json"));
  if (text === null) return null;
  try {
    return LayerRecord.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

export async function writeLayer(
  host: HypervisorHost,
  files: GuestFiles,
  record: LayerRecord,
): Promise<void> {
  // qemu has to get through to the disks, whoever it runs as; the folder itself stays unreadable to others.
  await host.files.mkdir(layerFolder(files, record.id), "0711");
  // Whether a phase has touched it must not be forgotten by a host that loses its power.
  await host.files.writeDurable(
    posix.join(layerFolder(files, record.id), "layer.json"),
    layerText(record),
    "0644",
  );
}

/** What `layer.json` holds. */
export function layerText(record: LayerRecord): string {
  return `${JSON.stringify(record, null, 2)}\n`;
}

export interface NewLayer {
  /** Default: a new one. */
  readonly id?: string;
  /** The layer under the new one (its disks must not be written any more); null: the base images. */
  readonly parent: string | null;
  /** Record of the layer under the new one, where it is known. Default: it is read. */
  readonly below?: LayerRecord;
  readonly disks: readonly WritableDisk[];
}

/**
 * Makes the folder of a layer, its overlays and its record in one go. Parameters: the folder, then for each disk the
 * new file, format and path of what is under it, and the size in bytes or nothing. The record is standard input.
 */
const LAY = `
set -e
folder=$1; shift
# qemu has to get through to the disks, whoever it runs as; the folder itself stays unreadable to others.
layers=\${folder%/*}
[ -d "$layers" ] || mkdir -p -m 0711 -- "$layers"
# Whatever the umask was when it was made.
chmod 0711 -- "$layers"
[ -d "$folder" ] || mkdir -m 0711 -- "$folder"
umask 077
while [ $# -gt 0 ]; do
  # libvirt gives the file to the user that qemu runs as when the guest starts; nobody else has to read it.
  qemu-img create -q -f qcow2 -F "$2" -b "$3" "$1" \${4:+"$4"} </dev/null
  shift 4
done
new=$folder/layer.json.new.$$
trap 'rm -f -- "$new"' EXIT
cat > "$new"
chmod 0644 "$new"
mv -fT -- "$new" "$folder/layer.json"
`;

/**
 * Makes a layer of fresh overlays and returns its record. Nothing under it is written. A layer over another is as
 * pristine as that one. On a failure nothing of it stays.
 * @throws UserError when a disk would be smaller than its base image, or that image is not what was put into the cache.
 * @throws CommandError when there is no room, or an image below cannot be read.
 */
export async function createLayer(
  host: HypervisorHost,
  files: GuestFiles,
  layer: NewLayer,
): Promise<LayerRecord> {
  const { id = newLayerId(), parent, disks } = layer;
  const below = parent === null ? null : (layer.below ?? (await readLayer(host, files, parent)));
  if (parent !== null && below === null) {
    throw new Error(`layer ${parent} of ${files.folder} is missing`);
  }
  if (parent === null) await Promise.all(disks.map(({ base }) => verifyBase(host, base)));
  const record: LayerRecord = {
    id,
    parent,
    pristine: below?.pristine ?? true,
    base: disks.map(({ device, base }) => ({ device, path: base.path, digest: base.digest })),
  };
  const overlays = await Promise.all(disks.map((disk) => overlayArguments(host, files, record, disk)));
  try {
    await host.shell.output({
      argv: ["sh", "-c", LAY, "sh", layerFolder(files, id), ...overlays.flat()],
      stdin: layerText(record),
    });
    return record;
  } catch (error) {
    await host.files.remove(layerFolder(files, id)).catch(() => undefined);
    throw error;
  }
}

/** What the script needs of one disk. */
async function overlayArguments(
  host: HypervisorHost,
  files: GuestFiles,
  { id, parent }: LayerRecord,
  disk: WritableDisk,
): Promise<readonly string[]> {
  const below =
    parent === null ? disk.base : { path: layerDisk(files, parent, disk.device), format: "qcow2" };
  const resized = parent === null && disk.sizeGiB !== undefined;
  const size = resized ? await sizeOver(host, below, disk) : "";
  return [layerDisk(files, id, disk.device), below.format, below.path, size];
}

/** Bytes of the wanted size; qemu-img itself would cut a larger base without a word. */
async function sizeOver(
  host: HypervisorHost,
  { path: base, format }: { readonly path: string; readonly format: string },
  disk: WritableDisk,
): Promise<string> {
  const wanted = Math.ceil((disk.sizeGiB ?? 0) * 1024) * 1024 ** 2;
  const info = await host.shell.output({
    argv: ["qemu-img", "info", "-U", "-f", format, "--output=json", base],
  });
  const size = z.object({ "virtual-size": z.number() }).parse(JSON.parse(info))["virtual-size"];
  if (wanted >= size) return String(wanted);
  throw new UserError({
    what: `disk ${disk.device} would be smaller than its base image`,
    path: "disk",
    found: `${disk.sizeGiB ?? 0} GiB`,
    allowed: `at least ${Math.ceil((size / 1024 ** 3) * 100) / 100} GiB, the size of ${base}`,
    remedy: "make the disk larger, or leave its size out",
  });
}
