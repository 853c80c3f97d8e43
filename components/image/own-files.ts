import type { ImageDefinition, ImageSource, ImageStep, PlainImage } from "../../definitions/images";
import { Mistakes } from "../../definitions/source/mistakes";
import { scriptMistake } from "../../definitions/source/script-text";
import { decodeText } from "../../definitions/source/text-file";
import { readUserFile } from "../../definitions/source/user-file";
import { UserError } from "../../definitions/user-error";
import { fileDigest } from "./file-digest";

/**
 * An image with the content of the controller's files that it names: scripts as their text, an image file by its digest.
 * So a changed file is a changed image.
 *
 * @throws UserError for a file that cannot be read.
 */
export function withFiles(image: ImageDefinition): ImageDefinition {
  const { fallback, ...plain } = image;
  return {
    ...plainWithFiles(plain),
    ...(fallback === undefined ? {} : { fallback: plainWithFiles(fallback) }),
  };
}

/** @throws UserError with every file of a farm's images that cannot be read, each once. */
export function checkImageFiles(guests: readonly { readonly image: ImageDefinition }[]): void {
  const mistakes = new Mistakes();
  for (const { image } of guests) {
    mistakes.attempt(() => withFiles(image));
    for (const { source } of [image, ...(image.fallback === undefined ? [] : [image.fallback])]) {
      mistakes.attempt(() => checkKey(image.name, source));
    }
  }
  mistakes.throwAny();
}

function plainWithFiles(image: PlainImage): PlainImage {
  return {
    ...image,
    source: sourceWithFile(image.name, image.source),
    steps: image.steps.map((step) => stepWithFile(image.name, step)),
  };
}

/** The vendor's public key is only read when a list of checksums is fetched, which may be hours later. */
function checkKey(image: string, source: ImageSource): void {
  if (source.kind !== "url" && source.kind !== "file") return;
  const { checksum } = source;
  if (checksum?.kind !== "manifest" || checksum.key === undefined) return;
  const { key } = checksum;
  reading(image, key, "checksum.key", () => readUserFile(key));
}

function sourceWithFile(image: string, source: ImageSource): ImageSource {
  if (source.kind !== "file") return source;
  const { checksum } = source;
  if (checksum !== undefined && checksum.kind !== "unverified") return source;
  const value = reading(image, source.path, "file", () => fileDigest(source.path));
  return { ...source, checksum: { kind: "literal", algorithm: "sha256", value } };
}

function stepWithFile(image: string, step: ImageStep): ImageStep {
  if (step.kind !== "run" || step.text !== undefined || step.script === undefined) return step;
  const { script } = step;
  return { ...step, text: reading(image, script, "script", () => scriptText(script)) };
}

function scriptText(path: string): string {
  const content = readUserFile(path);
  const unfit = scriptMistake(path, content);
  if (unfit !== undefined) throw new UserError(unfit);
  return decodeText(path, content);
}

function reading<T>(image: string, path: string, key: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError({
      what: `a file of base image "${image}" cannot be read`,
      file: path,
      found: error instanceof Error ? error.message : String(error),
      remedy: `put the file there, or correct \`${key}\`; it is relative to the farm file`,
    });
  }
}
