import { posix } from "node:path";
import type { HypervisorHost } from "../host";
import { cachePaths } from "./cache-paths";
import { listImages } from "./look-up";
import { type BaseImageRecord, IndexEntry } from "./record";
import { findReferences, type ImageReference } from "./references";
import { type KeptEntry, listKept } from "./steps/kept-results";

/** An image in a cache, and why it is there. */
export interface ListedImage {
  readonly record: BaseImageRecord;
  readonly references: readonly ImageReference[];
  /** Keys of the definitions that it answers now: a guest made from one of them would get it. */
  readonly answers: readonly string[];
}

/** What a source or a step gave, and whether it leads to an image that a definition gives now. */
export interface ListedResult extends KeptEntry {
  readonly leadsToAnswer: boolean;
}

export interface CacheContents {
  /** The newest first. */
  readonly images: readonly ListedImage[];
  /** The latest used first. */
  readonly results: readonly ListedResult[];
  /** What could not be looked at: unless this is empty, no image may be called unused. */
  readonly problems: readonly string[];
}

/** Prints `key content` of every entry of the index. */
const READ_INDEX = `cd "$1" 2>/dev/null || exit 0; for file in *.json; do [ -f "$file" ] && { printf '%s ' "$file"; tr -d '\\n' < "$file"; echo; }; done; true`;

/** All images of a hypervisor's cache with what refers to them. Changes nothing. */
export async function readCache(host: HypervisorHost): Promise<CacheContents> {
  const [records, index, kept] = await Promise.all([listImages(host), readIndex(host), listKept(host)]);
  const { references, problems } = await findReferences(
    host,
    records.map(({ digest }) => digest),
  );
  const images = records
    .map((record) => ({
      record,
      references: references.filter(({ digest }) => digest === record.digest),
      answers: index.flatMap(([key, { digest }]) => (digest === record.digest ? [key] : [])),
    }))
    .sort((a, b) => (a.record.createdAt < b.record.createdAt ? 1 : -1));
  const there = new Set(records.map(({ digest }) => digest));
  const leading = new Set(
    index.flatMap(([, { digest, through = [] }]) => (there.has(digest) ? through : [])),
  );
  const results = kept.map((entry) => ({ ...entry, leadsToAnswer: leading.has(entry.key) }));
  return { images, results, problems };
}

/** Which image answers which definition, by request key. */
async function readIndex(host: HypervisorHost): Promise<readonly (readonly [string, IndexEntry])[]> {
  const folder = posix.dirname(cachePaths(host.spec.imageCachePath).index("x"));
  const text = await host.shell.output({ argv: ["sh", "-c", READ_INDEX, "sh", folder] });
  return text.split("\n").flatMap((line) => {
    const space = line.indexOf(" ");
    const entry = IndexEntry.safeParse(parseJson(line.slice(space + 1))).data;
    return entry === undefined || space < 0
      ? []
      : [[posix.basename(line.slice(0, space), ".json"), entry] as const];
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
