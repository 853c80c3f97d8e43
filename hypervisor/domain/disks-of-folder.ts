import { posix } from "node:path";
import { CommandError } from "../../connections/shell";
import type { GuestFiles } from "../guest-files";
import type { HypervisorHost } from "../host";
import { layerDisk, layerFolder, layerOfDisk, type LayerRecord, readLayer } from "./layers";
import type { DefinitionFacts } from "./xml/read-definition";

/** The disks that a guest wrote into last, and what they were made from. */
export interface CurrentDisks {
  /** Id of their layer. */
  readonly layer: string;
  readonly base: LayerRecord["base"];
  readonly disks: readonly { readonly device: string; readonly file: string }[];
}

/** Why nobody can say which files the disks of a guest are, or what is on them. */
export class UnclearDisksError extends Error {
  /** @param file absolute path on the hypervisor of what is wrong */
  constructor(
    readonly file: string,
    readonly found: string,
  ) {
    super(`${file}: ${found}`);
  }
}

/**
 * The current disks of a guest: those that its definition names, or, when the definition is lost, those of the only
 * layer that no other stands on.
 *
 * @returns null when no disk of the guest is there: nothing can be lost.
 * @throws UnclearDisksError when there are disks, and not all that belongs to them can be found and read.
 */
export async function disksOf(
  host: HypervisorHost,
  files: GuestFiles,
  existing: DefinitionFacts | null,
): Promise<CurrentDisks | null> {
  const there = await diskFiles(host, files);
  if (there.length === 0) return null;
  const sources = writableSources(existing);
  const named = sources.flatMap(({ source }) => layerOfDisk(files, source) ?? []);
  const id = existing === null ? await onlyLeaf(host, files, there) : named[0];
  if (id === undefined) {
    const elsewhere = sources.map(({ source }) => source).join(", ");
    throw new UnclearDisksError(
      files.layers,
      `holds disks, and the definition of the domain names others: ${elsewhere}`,
    );
  }
  const record = await knownLayer(host, files, id);
  const disks = record.base.map(({ device }) => ({
    device,
    file: sources.find((disk) => disk.device === device)?.source ?? layerDisk(files, id, device),
  }));
  const stray = sources.find(
    ({ device, source }) => isBelow(files.folder, source) && !disks.some((disk) => disk.device === device),
  );
  if (stray !== undefined) {
    throw new UnclearDisksError(stray.source, `disk ${stray.device} of the guest, which no layer speaks of`);
  }
  for (const disk of disks) await assertWhole(host, files, disk);
  return { layer: id, base: record.base, disks };
}

/** Drives, and disks that a guest can only read, hold nothing of its own. */
function writableSources(existing: DefinitionFacts | null) {
  return (existing?.disks ?? []).flatMap(({ device, kind, readOnly, source }) =>
    kind === "disk" && !readOnly && source !== null ? [{ device, source }] : [],
  );
}

function isBelow(folder: string, path: string): boolean {
  return !posix.relative(folder, path).startsWith("../");
}

/** Disk files in the layers of a guest. */
async function diskFiles(host: HypervisorHost, files: GuestFiles): Promise<readonly string[]> {
  const find = '[ -d "$1" ] || exit 0; exec find "$1" -mindepth 2 -type f ! -name "layer.json*" -print0';
  const output = await host.shell.output({ argv: ["sh", "-c", find, "sh", files.layers] });
  return output.split("\0").filter((path) => path !== "");
}

async function knownLayer(host: HypervisorHost, files: GuestFiles, id: string): Promise<LayerRecord> {
  const record = await readLayer(host, files, id);
  if (record !== null) return record;
  const path = posix.join(layerFolder(files, id), "layer.json");
  const found = (await host.files.exists(path)) ? "not the record of a layer" : "no such file";
  throw new UnclearDisksError(path, found);
}

async function onlyLeaf(
  host: HypervisorHost,
  files: GuestFiles,
  there: readonly string[],
): Promise<string | undefined> {
  const ids = [...new Set(there.flatMap((path) => layerOfDisk(files, path) ?? []))];
  const records = await Promise.all(ids.map((id) => knownLayer(host, files, id)));
  const below = new Set(records.map(({ parent }) => parent));
  const leaves = ids.filter((id) => !below.has(id));
  if (leaves.length === 1) return leaves[0];
  throw new UnclearDisksError(
    files.layers,
    `the domain is not defined, and any of ${leaves.length} layers may be the guest's last: ${leaves.join(", ")}`,
  );
}

/** A disk is whole when every file under it is there and readable as what it is said to be. */
async function assertWhole(
  host: HypervisorHost,
  files: GuestFiles,
  { device, file }: CurrentDisks["disks"][number],
): Promise<void> {
  if (layerOfDisk(files, file) === null) {
    throw new UnclearDisksError(file, `disk ${device} of the guest, in no folder of guest-farm's`);
  }
  if (!(await host.files.exists(file))) throw new UnclearDisksError(file, "no such file");
  const argv = ["qemu-img", "info", "-U", "--backing-chain", "-f", "qcow2", "--output=json", file];
  const result = await host.shell.run({ argv });
  if (result.exitCode === 0) return;
  const said = result.stderr.trim().split("\n").at(-1);
  if (said === undefined || said === "") throw new CommandError(host.shell.description, argv, result);
  throw new UnclearDisksError(file, said.replace(/^qemu-img: /, ""));
}
