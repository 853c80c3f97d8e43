import { type ImageDefinition, type ImageSource, listAlgorithm } from "../images";
import { SOURCE_KEYS, type ImageMap } from "../schemas/image";
import type { Mistakes } from "../source/mistakes";
import type { Source } from "../source/node";
import type { Path } from "../source/yaml-file";
import { orderSteps } from "./image-steps";

/** Context for mistakes: where a path below the image was written. */
export interface ImageContext {
  /** For people: `debian-12/amd64`. */
  readonly name: string;
  /** The distribution's name of the architecture, for package recipes that name none. */
  readonly arch: string;
  readonly sourceAt: (path: Path) => Source;
  readonly mistakes: Mistakes;
}

type ImagePart = Omit<ImageMap, "fallback">;

/** Brings an image into its final form: one source with its checksum, steps in order. Undefined with a mistake. */
export function resolveImage(image: ImageMap, context: ImageContext): ImageDefinition | undefined {
  const main = resolvePart(image, [], context);
  if (main === undefined) return undefined;
  if (image.fallback === undefined) return { name: context.name, ...main };
  const steps = image.fallback.steps ?? image.steps;
  const fallback = resolvePart({ ...image.fallback, ...(steps && { steps }) }, ["fallback"], context);
  return fallback && { name: context.name, ...main, fallback: { name: context.name, ...fallback } };
}

function resolvePart(
  image: ImagePart,
  path: Path,
  context: ImageContext,
): Omit<ImageDefinition, "name" | "fallback"> | undefined {
  const before = context.mistakes.count;
  const source = sourceOf(image, path, context);
  const steps = orderSteps(
    image.steps ?? [],
    (index) => context.sourceAt([...path, "steps", index]),
    context.mistakes,
  );
  if (source === undefined || context.mistakes.count > before) return undefined;
  return { source, format: image.format ?? "qcow2", steps };
}

function sourceOf(image: ImagePart, path: Path, context: ImageContext): ImageSource | undefined {
  const given = SOURCE_KEYS.filter((key) => image[key] !== undefined);
  if (given.length !== 1) {
    context.mistakes.at(context.sourceAt(path), {
      what:
        given.length === 0
          ? "the image has no source"
          : `the image has ${given.length} sources: ${given.join(", ")}`,
      allowed: `one of ${SOURCE_KEYS.join(", ")}`,
    });
    return undefined;
  }
  if (image.url !== undefined) {
    const checksum = checksumOf(image, image.url);
    if (checksum !== undefined) return { kind: "url", url: image.url, checksum };
    context.mistakes.at(context.sourceAt([...path, "url"]), {
      what: "the image has no checksum",
      allowed: '"sha256:<hex>", "sha512:<hex>", or {manifest: URL of the vendor\'s list}',
      remedy: 'add "checksum", or write "trust: unverified" to take whatever the server sends',
    });
    return undefined;
  }
  if (image.file !== undefined) {
    const checksum = checksumOf(image, image.file);
    return { kind: "file", path: image.file, ...(checksum && { checksum }) };
  }
  if (image.pool !== undefined) return poolSource(image, image.pool, path, context);
  if (image.packages === undefined) return undefined;
  const { recipe, arch, suite, include } = image.packages;
  return {
    kind: "packages",
    recipe,
    arch: arch ?? context.arch,
    ...(suite && { suite }),
    packages: include ?? [],
  };
}

function poolSource(
  image: ImagePart,
  pool: string,
  path: Path,
  context: ImageContext,
): ImageSource | undefined {
  if (image.volume !== undefined) return { kind: "pool", pool, volume: image.volume };
  context.mistakes.at(context.sourceAt([...path, "pool"]), {
    what: "the image names a pool and no volume",
    remedy: 'add "volume"',
  });
  return undefined;
}

type Checksum = (ImageSource & { kind: "url" })["checksum"];

function checksumOf(image: ImagePart, location: string): Checksum | undefined {
  if (image.trust !== undefined) return { kind: "unverified" };
  const { checksum } = image;
  if (checksum === undefined) return undefined;
  if (typeof checksum === "string") {
    const [algorithm = "", value = ""] = checksum.split(":");
    return {
      kind: "literal",
      algorithm: algorithm === "sha256" ? "sha256" : "sha512",
      value: value.toLowerCase(),
    };
  }
  const { manifest, algorithm, file, signature, key } = checksum;
  return {
    kind: "manifest",
    url: manifest,
    algorithm: algorithm ?? listAlgorithm(manifest),
    file: file ?? location.slice(location.lastIndexOf("/") + 1),
    ...(signature !== undefined && signature !== false && { signature }),
    ...(key !== undefined && { key }),
  };
}
