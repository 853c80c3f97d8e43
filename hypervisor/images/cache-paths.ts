import { posix } from "node:path";
import type { BaseImageRecord, ImageRecord, IndexEntry } from "./record";

/**
 * Where things are in a hypervisor's image cache:
 *
 *     <imageCachePath>/<sha256>.<format>          an image, mode 0444, never changed
 *                     /<sha256>.json              its record
 *                     /<sha256>.kernel .initrd    what came with it
 *                     /index/<request key>.json   which image answers a definition
 *                     /locks/<request key>        one controller at a time works for a definition
 *                     /work/<request key>.*       folder of one run
 *                     /steps/<steps key>/         what a source or a step gave, for images that share it
 *                     /unreachable/<digest>       reason why a server could not be reached lately
 */
export interface CachePaths {
  readonly folder: string;
  readonly locks: string;
  readonly work: string;
  readonly keptResults: string;
  image(digest: string, format: string): string;
  record(digest: string): string;
  kernel(digest: string): string;
  initrd(digest: string): string;
  index(requestKey: string): string;
  keptResult(stepsKey: string): string;
  unreachable(digest: string): string;
}

export function cachePaths(folder: string): CachePaths {
  const inside = (...names: string[]) => posix.join(folder, ...names);
  return {
    folder,
    locks: inside("locks"),
    work: inside("work"),
    keptResults: inside("steps"),
    image: (digest, format) => inside(`${digest}.${format}`),
    record: (digest) => inside(`${digest}.json`),
    kernel: (digest) => inside(`${digest}.kernel`),
    initrd: (digest) => inside(`${digest}.initrd`),
    index: (requestKey) => inside("index", `${requestKey}.json`),
    keptResult: (stepsKey) => inside("steps", stepsKey),
    unreachable: (digest) => inside("unreachable", digest),
  };
}

/** A record with the paths that it stands for. */
export function withPaths(paths: CachePaths, record: ImageRecord, entry?: IndexEntry): BaseImageRecord {
  const { digest, format, kernel, initrd, cmdline } = record;
  const boot =
    kernel === undefined
      ? undefined
      : {
          kernel: paths.kernel(digest),
          ...(initrd === undefined ? {} : { initrd: paths.initrd(digest) }),
          cmdline: cmdline ?? "",
        };
  return { ...record, path: paths.image(digest, format), boot, standIn: entry?.standIn };
}
