import { UserError } from "../../definitions/user-error";
import type { HypervisorHost } from "../host";
import { type CacheContents, type ListedImage, type ListedResult, readCache } from "./cache-contents";
import { cachePaths } from "./cache-paths";
import { findReferences, usersOf } from "./references";
import { removeKept } from "./steps/kept-results";

const MS_PER_HOUR = 3_600_000;

export interface PruneOptions {
  /** Also images that answer a definition: they are fetched or built again when a guest wants them. */
  readonly all: boolean;
  /** Hours; a younger image stays, because somebody may be about to make a guest from it. */
  readonly olderThanHours: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What a source or a step gave, and what becomes of it. */
export interface ResultVerdict {
  readonly result: ListedResult;
  readonly remove: boolean;
  /** For people. */
  readonly reason: string;
}

/** An image and what becomes of it. */
export interface PruneVerdict {
  readonly image: ListedImage;
  readonly remove: boolean;
  /** For people. */
  readonly reason: string;
}

/** Decides which images may go. Pure. */
export function judgePrune(
  { images, problems }: CacheContents,
  diskPoolPath: string,
  { all, olderThanHours, now }: PruneOptions,
): readonly PruneVerdict[] {
  return images.map((image) => {
    const keep = (reason: string) => ({ image, remove: false, reason });
    const [first, ...others] = usersOf(image.references, diskPoolPath);
    if (first !== undefined)
      return keep(`used by ${first}${others.length === 0 ? "" : ` and ${others.length} more`}`);
    if (problems.length > 0) return keep("not everything could be looked at");
    const hours = (now - Date.parse(image.record.createdAt)) / MS_PER_HOUR;
    if (!(hours >= olderThanHours)) return keep(`made less than ${olderThanHours} h ago`);
    if (!all && image.answers.length > 0) return keep("what its definition gives now (--all removes it)");
    return { image, remove: true, reason: image.answers.length > 0 ? "unused" : "unused, an older version" };
  });
}

/** Decides which results of steps may go: they are only there to save work. Pure. */
export function judgeResults(
  { results }: Pick<CacheContents, "results">,
  { all, olderThanHours, now }: PruneOptions,
): readonly ResultVerdict[] {
  return results.map((result) => {
    const hours = (now - result.usedAt) / MS_PER_HOUR;
    if (!(hours >= olderThanHours))
      return { result, remove: false, reason: `used less than ${olderThanHours} h ago` };
    if (!all && result.leadsToAnswer) {
      return { result, remove: false, reason: "saves work when the steps change (--all removes it)" };
    }
    return { result, remove: true, reason: "only saves work" };
  });
}

/**
 * Removes images that nothing refers to. Before its files go, an image is taken out of the index and its record is
 * put aside, so that nobody finds it any more; then everything is looked at once more. What somebody began to use in
 * the meantime comes back.
 * @returns the digests of what is gone.
 */
export async function removeImages(
  host: HypervisorHost,
  images: readonly ListedImage[],
): Promise<readonly string[]> {
  const paths = cachePaths(host.spec.imageCachePath);
  const aside = (digest: string) => `${paths.record(digest)}.unused`;
  for (const { record, answers } of images) {
    await host.files.move(paths.record(record.digest), aside(record.digest));
    await host.files.remove(...answers.map((key) => paths.index(key)));
  }
  const digests = images.map(({ record }) => record.digest);
  const { references, problems } = await findReferences(host, digests);
  const gone: string[] = [];
  for (const { record } of images) {
    const { digest, format } = record;
    if (problems.length > 0 || references.some((reference) => reference.digest === digest)) {
      await host.files.move(aside(digest), paths.record(digest));
      continue;
    }
    const files = [paths.image(digest, format), paths.kernel(digest), paths.initrd(digest)];
    await host.files.remove(...files, aside(digest));
    gone.push(digest);
  }
  return gone;
}

/** A prune that was broken off has put records aside: their images are looked at again. */
async function bringBack(host: HypervisorHost): Promise<void> {
  const { folder } = cachePaths(host.spec.imageCachePath);
  for (const name of await host.files.list(folder)) {
    if (!/^[0-9a-f]{64}\.json\.unused$/.test(name)) continue;
    await host.files.move(`${folder}/${name}`, `${folder}/${name.slice(0, -".unused".length)}`);
  }
}

/** What becomes of everything in a cache. */
export interface PruneVerdicts {
  readonly images: readonly PruneVerdict[];
  readonly results: readonly ResultVerdict[];
}

/** Looks, decides and, if asked to, removes. @throws UserError when images would go and not all can be looked at. */
export async function pruneImages(
  host: HypervisorHost,
  options: PruneOptions & { readonly act: boolean },
): Promise<PruneVerdicts> {
  if (options.act) await bringBack(host);
  const contents = await readCache(host);
  if (options.act && contents.problems.length > 0) {
    throw new UserError({
      what: `hypervisor "${host.spec.name}": not everything that may use an image can be looked at, so all images stay`,
      found: contents.problems.join("; "),
      remedy: "mend that, then prune again",
    });
  }
  const verdicts = judgePrune(contents, host.spec.diskPoolPath, options);
  const results = judgeResults(contents, options);
  if (!options.act) return { images: verdicts, results };
  await removeKept(
    host,
    results.flatMap(({ result, remove }) => (remove ? [result] : [])),
  );
  const gone = await removeImages(
    host,
    verdicts.flatMap(({ image, remove }) => (remove ? [image] : [])),
  );
  const images = verdicts.map((verdict) =>
    verdict.remove && !gone.includes(verdict.image.record.digest)
      ? { ...verdict, remove: false, reason: "somebody began to use it" }
      : verdict,
  );
  return { images, results };
}
