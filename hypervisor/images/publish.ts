import { posix } from "node:path";
import { cachePaths } from "./cache-paths";
import { virtualSizeOf } from "./inspect";
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
  await writeJson(workshop, paths.record(digest), record);
  return record;
}

/** Makes an image the answer to a definition. */
export async function writeIndex(workshop: Workshop, requestKey: string, entry: IndexEntry): Promise<void> {
  const path = cachePaths(workshop.host.spec.imageCachePath).index(requestKey);
  await workshop.host.files.mkdir(posix.dirname(path), "0755");
  await writeJson(workshop, path, entry);
}

async function writeJson(workshop: Workshop, path: string, value: unknown): Promise<void> {
  await workshop.host.files.writeAtomic(path, `${JSON.stringify(value, null, 2)}\n`, "0444");
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
