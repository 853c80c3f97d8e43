import type { PlainImage } from "../../definitions/images";
import { posix } from "node:path";
import type { z } from "zod";
import type { HypervisorHost } from "../host";
import { type CachePaths, cachePaths, withPaths } from "./cache-paths";
import { type BaseImageRecord, ImageRecord, IndexEntry } from "./record";
import { requestKey } from "./request-key";

/**
 * The image that answers a definition, if it is in the cache. Changes nothing and hashes nothing.
 * @returns null when there is none, or when what the index names is gone.
 */
export async function lookUpImage(
  host: HypervisorHost,
  definition: PlainImage,
): Promise<BaseImageRecord | null> {
  const entry = await readIndex(host, definition);
  return entry === null ? null : lookUpVersion(host, entry.digest, entry);
}

/** The image of a digest, whichever definition it answers now, or none any more. @returns null when it is not there. */
export async function lookUpVersion(
  host: HypervisorHost,
  digest: string,
  entry?: IndexEntry,
): Promise<BaseImageRecord | null> {
  const found = await readImage(host, cachePaths(host.spec.imageCachePath), digest, entry);
  return found !== null && (await host.files.exists(found.path)) ? found : null;
}

/** What a cache says about an image; null when it has no description that can be read. */
export async function readImage(
  host: HypervisorHost,
  paths: CachePaths,
  digest: string,
  entry?: IndexEntry,
): Promise<BaseImageRecord | null> {
  const record = await readImageRecord(host, paths, digest);
  return record === null ? null : withPaths(paths, record, entry);
}

/** The description of an image alone; null when it cannot be read. */
export function readImageRecord(
  host: HypervisorHost,
  paths: CachePaths,
  digest: string,
): Promise<ImageRecord | null> {
  return readJson(host, paths.record(digest), ImageRecord);
}

/** What the index says of a definition; null: nothing. */
export function readIndex(host: HypervisorHost, definition: PlainImage): Promise<IndexEntry | null> {
  return readJson(host, cachePaths(host.spec.imageCachePath).index(requestKey(definition)), IndexEntry);
}

/** Names the entries of the index that mention a key. */
const FIND_ENTRIES = `cd "$1" 2>/dev/null && grep -lF -- "$2" *.json 2>/dev/null; true`;

/**
 * An image that answers a definition with a source or a step: its key is the one of all up to there.
 * @returns null when there is none in the cache.
 */
export async function lookUpThrough(host: HypervisorHost, stepsKey: string): Promise<BaseImageRecord | null> {
  const folder = posix.dirname(cachePaths(host.spec.imageCachePath).index("x"));
  const names = await host.shell.output({ argv: ["sh", "-c", FIND_ENTRIES, "sh", folder, stepsKey] });
  for (const name of names.split("\n").filter((line) => line !== "")) {
    const entry = await readJson(host, posix.join(folder, name), IndexEntry);
    if (entry?.through?.includes(stepsKey) !== true) continue;
    const image = await lookUpVersion(host, entry.digest, entry);
    if (image !== null) return image;
  }
  return null;
}

/** All images of a hypervisor's cache that have a record. */
export async function listImages(host: HypervisorHost): Promise<readonly BaseImageRecord[]> {
  const paths = cachePaths(host.spec.imageCachePath);
  const names = (await host.files.list(paths.folder)).filter((name) => /^[0-9a-f]{64}\.json$/.test(name));
  const records = await Promise.all(
    names.map((name) => readJson(host, `${paths.folder}/${name}`, ImageRecord)),
  );
  return records.filter((record) => record !== null).map((record) => withPaths(paths, record));
}

/** A damaged record counts as none: it is made again with the image. */
async function readJson<T>(host: HypervisorHost, path: string, schema: z.ZodType<T>): Promise<T | null> {
  const text = await host.files.read(path);
  if (text === null) return null;
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
