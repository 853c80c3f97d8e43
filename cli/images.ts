import { UserError } from "../definitions/user-error";
import { openHypervisor, type HypervisorHost } from "../hypervisor/host";
import { type CacheContents, readCache } from "../hypervisor/images/cache-contents";
import { pruneImages, type PruneVerdicts } from "../hypervisor/images/prune";
import { usersOf } from "../hypervisor/images/references";
import { formatSize } from "../hypervisor/images/space";
import { verifyImage } from "../hypervisor/images/verify";
import { type HypervisorChoice, hypervisorsOf } from "./hypervisors";
import { formatTable } from "./table";

type Print = (text: string) => void;

/** Digits of a digest that tables show. */
const SHORT = 12;

/** Lists the base images of each hypervisor, with what uses them. Changes nothing. @returns the exit code. */
export async function listImages(
  choice: HypervisorChoice & { readonly json: boolean },
  print: Print,
): Promise<number> {
  const found = await onEach(choice, async (host) => ({ host, contents: await readCache(host) }));
  if (choice.json) {
    print(`${JSON.stringify(found.map(imagesAsData), undefined, 2)}\n`);
  } else {
    print(`${found.map(imagesAsText).join("\n\n")}\n`);
  }
  return 0;
}

interface FoundCache {
  readonly host: HypervisorHost;
  readonly contents: CacheContents;
}

function imagesAsData({ host, contents: { images, results, problems } }: FoundCache) {
  return {
    hypervisor: host.spec.name,
    folder: host.spec.imageCachePath,
    problems,
    images: images.map(({ record, references, answers }) => ({
      name: record.name,
      digest: record.digest,
      source: record.source,
      format: record.format,
      size: record.size,
      virtualSize: record.virtualSize,
      createdAt: record.createdAt,
      newest: answers.length > 0,
      users: usersOf(references, host.spec.diskPoolPath),
    })),
    results: results.map(({ key, name, step, size, usedAt }) => ({
      ...{ key, image: name, step, size },
      usedAt: new Date(usedAt).toISOString(),
    })),
  };
}

function imagesAsText({ host, contents: { images, results, problems } }: FoundCache): string {
  const { name, imageCachePath, diskPoolPath } = host.spec;
  const rows = images.map(({ record, references, answers }) => [
    record.digest.slice(0, SHORT),
    record.name,
    formatSize(record.size),
    record.createdAt.slice(0, 10),
    answers.length > 0 ? "newest" : "older",
    usersOf(references, diskPoolPath).join(", ") || "-",
    record.source,
  ]);
  const table = formatTable(["digest", "image", "size", "made", "version", "users", "source"], rows);
  const total = formatSize(images.reduce((sum, { record }) => sum + record.size, 0));
  const head = `hypervisor ${name}: ${images.length} images, ${total}, in ${imageCachePath}`;
  const warnings = problems.map((problem) => `there may be more users: ${problem}`);
  return [head, ...(images.length === 0 ? [] : [table]), ...resultsAsText(results), ...warnings].join("\n");
}

function resultsAsText(results: CacheContents["results"]): readonly string[] {
  if (results.length === 0) return [];
  const rows = results.map(({ key, name, step, size, usedAt }) => [
    ...[key.slice(0, SHORT), name, formatSize(size), new Date(usedAt).toISOString().slice(0, 10), step],
  ]);
  const total = formatSize(results.reduce((sum, { size }) => sum + size, 0));
  return [
    `\nkept between steps, to save work: ${results.length}, ${total} beside the images`,
    formatTable(["key", "image", "size", "used", "after"], rows),
  ];
}

export interface PruneChoice extends HypervisorChoice {
  /** Remove; else only say what would be removed. */
  readonly act: boolean;
  readonly all: boolean;
  readonly olderThanHours: number;
}

/** Removes the images that nothing uses, or says which they are. @returns the exit code. */
export async function prune(choice: PruneChoice, print: Print): Promise<number> {
  const { act, all, olderThanHours } = choice;
  const found = await onEach(choice, async (host) => ({
    host,
    verdicts: await pruneImages(host, { act, all, olderThanHours, now: Date.now() }),
  }));
  print(`${found.map(({ host, verdicts }) => pruneText(host, verdicts, act)).join("\n\n")}\n`);
  return 0;
}

function pruneText(host: HypervisorHost, { images, results }: PruneVerdicts, act: boolean): string {
  const fate = (remove: boolean) => (remove ? (act ? "removed" : "would go") : "stays");
  const rows = [
    ...images.map(({ image: { record }, remove, reason }) => [
      ...[fate(remove), record.digest.slice(0, SHORT), record.name, formatSize(record.size), reason],
    ]),
    ...results.map(({ result: { key, name, size, step }, remove, reason }) => [
      ...[fate(remove), key.slice(0, SHORT), `${name}, after: ${step}`, formatSize(size), reason],
    ]),
  ];
  const going = images.filter(({ remove }) => remove);
  const left = results.filter(({ remove }) => remove);
  const bytes = formatSize(
    going.reduce((sum, { image }) => sum + image.record.size, 0) +
      left.reduce((sum, { result }) => sum + result.size, 0),
  );
  const what = `${going.length} images${left.length === 0 ? "" : ` and ${left.length} results of steps`}, ${bytes}`;
  return [
    `hypervisor ${host.spec.name}: ${act ? "removed" : "would remove"} ${what}`,
    ...(rows.length === 0 ? [] : [formatTable(["", "digest", "image", "size", "why"], rows)]),
    ...(act || going.length + left.length === 0 ? [] : ["nothing has been changed: --yes removes them"]),
  ].join("\n");
}

/** Reads every image and compares it with its record. @returns the exit code: 1 when one is damaged. */
export async function checkImages(choice: HypervisorChoice, print: Print): Promise<number> {
  const mistakes = await onEach(choice, async (host) => {
    const { images } = await readCache(host);
    const damaged: string[] = [];
    for (const { record } of images) {
      try {
        await verifyImage(host, record, { full: true });
        print(`${host.spec.name}: ${record.name} ${record.digest.slice(0, SHORT)}: as it was made\n`);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        damaged.push(error.message);
        print(`${error.message}\n`);
      }
    }
    return damaged.length;
  });
  return mistakes.some((count) => count > 0) ? 1 : 0;
}

async function onEach<T>(
  choice: HypervisorChoice,
  work: (host: HypervisorHost) => Promise<T>,
): Promise<readonly T[]> {
  const results: T[] = [];
  for (const spec of hypervisorsOf("images", choice)) {
    const host = openHypervisor(spec);
    try {
      results.push(await work(host));
    } finally {
      await host.close();
    }
  }
  return results;
}
