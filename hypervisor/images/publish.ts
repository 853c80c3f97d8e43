import { posix } from "node:path";
import { cachePaths } from "./cache-paths";
import { sameData } from "../same-data";
import { virtualSizeOf } from "./inspect";
import { readImageRecord } from "./look-up";
import type { ImageRecord, IndexEntry } from "./record";
import type { MadeImage } from "./sources/made-image";
import type { Workshop } from "./workshop";

/** Hashing reads the whole image. */
const TIMEOUT_MS = 3_600_000;

/** Puts a finished image under its digest into the cache, with its record; there it never changes. */
export async function publish(
  workshop: Workshop,
  name: string,
  format: "qcow2" | "raw",
  image: MadeImage,
): Promise<ImageRecord> {
  const { host } = workshop;
  const paths = cachePaths(host.spec.imageCachePath);
  const virtualSize = await virtualSizeOf(workshop, image.path, format);
  await workshop.stage(["publish.sh"]);
  const { boot } = image;
  const output = await workshop.run({
    script: "publish.sh",
    args: [
      ...[image.path, paths.folder, format, image.digest ?? ""],
      ...(boot === undefined ? [] : [boot.kernel, ...(boot.initrd === undefined ? [] : [boot.initrd])]),
    ],
    timeoutMs: TIMEOUT_MS,
  });
  const file = publishedFiles(output);
  if (file.image === undefined) throw new Error("publish.sh did not say what it put into the cache");
  const { digest, size, mtime } = file.image;
  const record: ImageRecord = {
    digest,
    format,
    size,
    virtualSize,
    mtime,
    name,
    source: image.source,
    createdAt: new Date().toISOString(),
    ...(file.kernel === undefined ? {} : { kernel: file.kernel }),
    ...(file.initrd === undefined ? {} : { initrd: file.initrd }),
    ...(boot === undefined ? {} : { cmdline: boot.cmdline }),
  };
  return writeRecord(workshop, record);
}

/** More rounds than there can be others with the same image at the same time. */
const ROUNDS = 10;

/**
 * Puts a record beside its image. What is said of an image that was there already stays: others use it, with its kernel.
 * @returns what is there then.
 */
async function writeRecord({ host }: Workshop, record: ImageRecord): Promise<ImageRecord> {
  const paths = cachePaths(host.spec.imageCachePath);
  const path = paths.record(record.digest);
  for (let round = 0; round < ROUNDS; round += 1) {
    if (await host.files.writeFirst(path, jsonText(record), "0444")) return record;
    const found = await readImageRecord(host, paths, record.digest);
    const merged = mergedRecord(found, record);
    if (sameData(merged, found)) return merged;
    await host.files.writeDurable(path, jsonText(merged), "0444");
  }
  throw new Error(`the description of base image "${record.name}" changes all the time: try again`);
}

/** Pure. @param found what is there; null: it cannot be read. */
export function mergedRecord(found: ImageRecord | null, record: ImageRecord): ImageRecord {
  const agrees =
    found?.size === record.size && found.mtime === record.mtime && found.format === record.format;
  if (found === null || !agrees) return record;
  const { kernel, initrd, cmdline } = record;
  if (found.kernel !== undefined || kernel === undefined) return found;
  return {
    ...found,
    kernel,
    ...(initrd === undefined ? {} : { initrd }),
    ...(cmdline === undefined ? {} : { cmdline }),
  };
}

/** Makes an image the answer to a definition. */
export async function writeIndex(workshop: Workshop, requestKey: string, entry: IndexEntry): Promise<void> {
  const path = cachePaths(workshop.host.spec.imageCachePath).index(requestKey);
  await workshop.host.files.mkdir(posix.dirname(path), "0755");
  await workshop.host.files.writeDurable(path, jsonText(entry), "0444");
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

type PublishedName = "image" | "kernel" | "initrd";
type PublishedFile = { readonly size: number; readonly mtime: number; readonly digest: string };

function publishedFiles(output: string): Partial<Record<PublishedName, PublishedFile>> {
  const files: Partial<Record<PublishedName, PublishedFile>> = {};
  for (const match of output.matchAll(/^(image|kernel|initrd) (\d+) (\d+) ([0-9a-f]{64})$/gm)) {
    const [, name, size, mtime, digest = ""] = match;
    files[name as PublishedName] = { size: Number(size), mtime: Number(mtime), digest };
  }
  return files;
}
