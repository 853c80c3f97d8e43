import { type ImageChecksum, listAlgorithm } from "../../../definitions/images";
import { type ListEntry, parseList } from "./list-entries";

/** Algorithms that an image is checked by. */
export type ChecksumAlgorithm = "sha256" | "sha512";
const ALGORITHMS: readonly string[] = ["sha256", "sha512"];
/** So many files of a list are named in an error. */
const SHOWN = 5;

type Manifest = Pick<Extract<ImageChecksum, { kind: "manifest" }>, "url" | "file" | "algorithm">;

/** What a list has instead; reads as the mistake of a user. */
export interface NotInList {
  readonly found: string;
  readonly allowed?: string;
  readonly remedy: string;
}

/**
 * Digest of an image in a vendor's list. Of several lines with its name, the one whose folders fit the image's address
 * counts. The list may have another of the algorithms than its name says; one that a definition asks for has to be there.
 * Pure.
 *
 * @param imageUrl address of the image
 */
export function findInList(
  text: string,
  { url, file, algorithm }: Manifest,
  imageUrl: string,
): { readonly algorithm: ChecksumAlgorithm; readonly digest: string } | NotInList {
  const entries = parseList(text);
  const asked = algorithm !== listAlgorithm(url);
  const lines = linesOf(entries, file, imageUrl);
  const usable = lines.filter((line) =>
    (asked ? [algorithm as string] : ALGORITHMS).includes(line.algorithm),
  );
  const preferred = usable.filter((line) => line.algorithm === algorithm);
  const candidates = preferred.length > 0 ? preferred : usable.filter((line) => line.algorithm === "sha512");
  const chosen = candidates.length > 0 ? candidates : usable;
  const [first, ...others] = chosen;
  if (first === undefined) return whatThereIs(entries, lines, asked ? [algorithm] : ALGORITHMS, text);
  if (others.some(({ digest }) => digest !== first.digest)) {
    return {
      found: `several lines: ${chosen.map(({ path }) => path ?? "").join(", ")}`,
      remedy: "write checksum.file with the folder that is before the name in the list",
    };
  }
  return { algorithm: first.algorithm as ChecksumAlgorithm, digest: first.digest };
}

/** A checksum as a text that can be compared: `sha512:<hex>`. */
export function checksumText(algorithm: ChecksumAlgorithm, digest: string): string {
  return `${algorithm}:${digest}`;
}

/** The lines about a file whose paths fit best. A list of nothing but one digest is about any file. */
function linesOf(entries: readonly ListEntry[], file: string, imageUrl: string): readonly ListEntry[] {
  const wanted = wantedPaths(file, imageUrl);
  let best: readonly ListEntry[] = [];
  let bestFit: Fit = { same: 0, more: 0 };
  for (const entry of entries) {
    const fit = wanted
      .map((parts) => fitOf(entry.path, parts))
      .reduce((one, other) => (isBetter(other, one) ? other : one));
    if (fit.same === 0) continue;
    if (isBetter(fit, bestFit)) [best, bestFit] = [[entry], fit];
    else if (!isBetter(bestFit, fit)) best = [...best, entry];
  }
  const bare = entries.every(({ path }) => path === null) && entries.length === 1;
  return bare ? entries : best;
}

/** How a path of a list fits: parts that are the same from the end on, and parts before them. */
interface Fit {
  readonly same: number;
  readonly more: number;
}

function fitOf(path: string | null, wanted: readonly string[]): Fit {
  const parts = partsOf(path ?? "");
  let same = 0;
  while (same < parts.length && same < wanted.length && parts.at(-1 - same) === wanted.at(-1 - same))
    same += 1;
  return { same, more: parts.length - same };
}

function isBetter(one: Fit, other: Fit): boolean {
  return one.same !== other.same ? one.same > other.same : one.same > 0 && one.more < other.more;
}

/** The ways in which a list may name the image: as it is written, and as its address is meant. */
function wantedPaths(file: string, imageUrl: string): readonly (readonly string[])[] {
  const address = imageUrl.replace(/[?#].*$/s, "").replace(/^[a-z]+:\/\/[^/]*/i, "");
  const fromUrl = partsOf(address);
  const isDefault = file === imageUrl.slice(imageUrl.lastIndexOf("/") + 1);
  const written = isDefault ? [fromUrl, [...fromUrl.slice(0, -1), file]] : [partsOf(file)];
  return [...written, ...written.map((parts) => parts.map(decoded))];
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function partsOf(path: string): readonly string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

function whatThereIs(
  entries: readonly ListEntry[],
  lines: readonly ListEntry[],
  wanted: readonly string[],
  text: string,
): NotInList {
  const start = text
    .replace(/[^\x20-\x7e]+/g, " ")
    .trim()
    .slice(0, 60);
  if (entries.length === 0) {
    return {
      found: start === "" ? "an empty file" : `no digests, but a text that begins with: ${start}`,
      remedy: "check the address of the list",
    };
  }
  const kinds = (list: readonly ListEntry[]) =>
    [...new Set(list.map(({ algorithm }) => algorithm))].join(", ");
  if (lines.length > 0) {
    return {
      found: `its ${kinds(lines)}`,
      allowed: wanted.join(" or "),
      remedy: "take a list of that algorithm, or write the digest itself as checksum: sha256:...",
    };
  }
  const names = [...new Set(entries.map(({ path }) => path ?? "a digest without a name"))];
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : "";
  return {
    found: `${kinds(entries)} of ${names.slice(0, SHOWN).join(", ")}${more}`,
    remedy: "check the name of the file (checksum.file) and the address of the list",
  };
}
