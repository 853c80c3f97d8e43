import { z } from "zod";
import { RANGES } from "../ranges";
import { fileMode } from "./machine-names";
import { flag, memorySize, oneWordOf, seconds, strictMap, text, whole } from "./scalars";

const algorithm = oneWordOf(["sha256", "sha512"]);

const CHECKSUM =
  '"sha256:<64 hex digits>", "sha512:<128 hex digits>", or {manifest: URL, algorithm, file, signature, key}';

const checksum = z.union(
  [
    z.string(CHECKSUM).regex(/^(sha256:[0-9a-fA-F]{64}|sha512:[0-9a-fA-F]{128})$/, CHECKSUM),
    strictMap({
      manifest: text("URL of the vendor's list of checksums"),
      algorithm: algorithm.optional(),
      file: text("name of the image in the list").optional(),
      signature: z
        .union([text(), flag()], "URL of the signature, or true for a clear-signed list")
        .optional(),
      key: text("public key file").optional(),
    }),
  ],
  CHECKSUM,
);

const stepPlace = {
  name: text("name of the step").optional(),
  before: text("name of another step").optional(),
  after: text("name of another step").optional(),
};

const archive = oneWordOf(["gz", "bz2", "xz", "zst", "zip", "tar"]);
const file = strictMap({ path: text(), content: z.string("text"), mode: fileMode().optional() });

/** A step of the image pipeline: where it goes, and exactly one action. */
export const ImageStepDefinition = strictMap({
  ...stepPlace,
  decompress: z
    .union(
      [z.literal(true), archive, strictMap({ format: archive.optional(), member: text().optional() })],
      "true, gz, bz2, xz, zst, zip, tar, or {format, member}",
    )
    .optional(),
  convert: oneWordOf(["qcow2", "raw"]).optional(),
  resize: z
    .union(
      [
        memorySize(),
        strictMap({ size: memorySize(), partition: whole(RANGES.partition).optional() }),
      ],
      'a size as "10GiB", or {size, partition}',
    )
    .optional(),
  customize: strictMap({
    packages: z.array(text(), "a list of packages").optional(),
    commands: z.array(text(), "a list of commands").optional(),
    files: z.array(file, "a list of files").optional(),
  }).optional(),
  run: z
    .union(
      [
        text(),
        strictMap({ script: text().optional(), text: text().optional(), timeout: seconds().optional() }),
      ],
      "a script file, or {script or text, timeout}",
    )
    .optional(),
});
export type ImageStepDefinition = z.infer<typeof ImageStepDefinition>;

export const STEP_ACTIONS = ["decompress", "convert", "resize", "customize", "run"] as const;

const imageShape = {
  /** Another image of `images:` that this one builds on. */
  extends: text("name of an image").optional(),
  url: text("a URL")
    .regex(/^https?:\/\//, "a URL with http:// or https://")
    .optional(),
  checksum: checksum.optional(),
  trust: z.literal("unverified", '"unverified", or leave it out and give a checksum').optional(),
  file: text("a file").optional(),
  pool: text("name of a libvirt pool").optional(),
  volume: text("name of a volume in the pool").optional(),
  packages: strictMap({
    recipe: oneWordOf(["tiny", "debian"]),
    arch: text("the distribution's name of the architecture").optional(),
    suite: text("release name, as bookworm").optional(),
    include: z.array(text(), "a list of packages").optional(),
  }).optional(),
  format: oneWordOf(["qcow2", "raw"]).optional(),
  steps: z.array(ImageStepDefinition, "a list of steps").optional(),
};

/** A base image as the farm file and platforms have it: one source (`url`, `file`, `pool` or `packages`) and steps. */
export const ImageMap = strictMap({
  ...imageShape,
  /** Used when the source cannot be reached. */
  fallback: strictMap(imageShape).optional(),
});
export type ImageMap = z.infer<typeof ImageMap>;

export const SOURCE_KEYS = ["url", "file", "pool", "packages"] as const;
