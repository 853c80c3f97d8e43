import { z } from "zod";

/** How the bytes of a downloaded image are known to be the right ones. */
export const ImageChecksum = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("literal"),
    algorithm: z.enum(["sha256", "sha512"]),
    /** Lower-case hex. */
    value: z.string().regex(/^([0-9a-f]{64}|[0-9a-f]{128})$/),
  }),
  z.strictObject({
    kind: z.literal("manifest"),
    /** The vendor's list: `digest  file` lines, BSD style `SHA256 (file) = digest` lines, or a bare digest. */
    url: z.string(),
    algorithm: z.enum(["sha256", "sha512"]),
    /** Name of the image in the list. */
    file: z.string(),
    /** Detached signature of the list, or true when the list itself is clear-signed. */
    signature: z.union([z.string(), z.literal(true)]).optional(),
    /** Public key file (armored) to check the signature with, relative to the farm file. */
    key: z.string().optional(),
  }),
  /** Written by the user as `trust: unverified`. */
  z.strictObject({ kind: z.literal("unverified") }),
]);
export type ImageChecksum = z.infer<typeof ImageChecksum>;

/** Where an image comes from. */
export const ImageSource = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("url"), url: z.string(), checksum: ImageChecksum }),
  /** A file of the controller, relative to the farm file. */
  z.strictObject({ kind: z.literal("file"), path: z.string(), checksum: ImageChecksum.optional() }),
  /** A volume that is already on the hypervisor. */
  z.strictObject({ kind: z.literal("pool"), pool: z.string(), volume: z.string() }),
  /** Built on the hypervisor from the distribution's packages. */
  z.strictObject({
    kind: z.literal("packages"),
    /** `tiny`: a minimal Linux with busybox, sshd and guest agent; `debian`: a Debian with cloud-init. */
    recipe: z.enum(["tiny", "debian"]),
    /** The distribution's name of the architecture: amd64, arm64, armhf, ppc64el, riscv64, s390x. */
    arch: z.string(),
    /** Release code name, as `bookworm`; default: the recipe's own. */
    suite: z.string().optional(),
    /** Packages beyond those of the recipe. `tiny` only unpacks them: their scripts do not run. */
    packages: z.array(z.string()),
  }),
]);
export type ImageSource = z.infer<typeof ImageSource>;

const named = { name: z.string().optional() };

/** One step of the pipeline from the source to the base image, in order. */
export const ImageStep = z.discriminatedUnion("kind", [
  z.strictObject({
    ...named,
    kind: z.literal("decompress"),
    /** Default: told by the content. */
    format: z.enum(["gz", "bz2", "xz", "zst", "zip", "tar"]).optional(),
    /** The file to take out of a zip or tar archive. */
    member: z.string().optional(),
  }),
  z.strictObject({ ...named, kind: z.literal("convert"), to: z.enum(["qcow2", "raw"]) }),
  z.strictObject({
    ...named,
    kind: z.literal("resize"),
    sizeMiB: z.number().int().positive(),
    /** Number of the partition that grows; default: the last one. */
    partition: z.number().int().positive().optional(),
  }),
  z.strictObject({
    ...named,
    kind: z.literal("customize"),
    packages: z.array(z.string()),
    /** Commands for a shell inside the image. */
    commands: z.array(z.string()),
    files: z.array(z.strictObject({ path: z.string(), content: z.string(), mode: z.string().optional() })),
  }),
  z.strictObject({
    ...named,
    kind: z.literal("run"),
    /** Script file of the controller, relative to the farm file; it gets the path of the working image as `$1`. */
    script: z.string().optional(),
    /** Text of the script, instead of a file; a component puts the content of its file here. */
    text: z.string().optional(),
    /** Seconds. */
    timeout: z.number().positive(),
  }),
]);
export type ImageStep = z.infer<typeof ImageStep>;

const imageShape = {
  /** For people and for `guest-farm images`: `debian-12/amd64`. */
  name: z.string(),
  source: ImageSource,
  /** Format of the finished base image. */
  format: z.enum(["qcow2", "raw"]),
  steps: z.array(ImageStep),
};

export const PlainImage = z.strictObject(imageShape);
/** An image without the one that may stand in for it. */
export type PlainImage = z.infer<typeof PlainImage>;

/** A base image, fully resolved: no expressions, no names to look up, steps in their final order. */
export const ImageDefinition = z.strictObject({
  ...imageShape,
  /** Used instead when the source cannot be reached. */
  fallback: PlainImage.optional(),
});
export type ImageDefinition = z.infer<typeof ImageDefinition>;

/** How an image in the cache is checked: by size, date and mode, or by its digest as well. */
export const CHECK_IMAGES = ["quick", "full"] as const;
export type CheckImages = (typeof CHECK_IMAGES)[number];

/** By which list a vendor says which bytes are behind an image's address just now; null: no others can come there. */
export function vendorList({
  source,
}: Pick<ImageDefinition, "source">): Extract<ImageChecksum, { kind: "manifest" }> | null {
  return source.kind === "url" && source.checksum.kind === "manifest" ? source.checksum : null;
}

/** The algorithm of a vendor's list, by its name, where nobody says it. Numbers of other things do not count. */
export function listAlgorithm(url: string): "sha256" | "sha512" {
  const name = url.slice(url.lastIndexOf("/"));
  const said = /sha-?(?:2-)?(256|512)/i.exec(name)?.[1];
  return (said ?? (name.includes("512") ? "512" : "256")) === "512" ? "sha512" : "sha256";
}
