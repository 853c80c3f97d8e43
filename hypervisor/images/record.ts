import { z } from "zod";

const Companion = z.strictObject({ size: z.number(), mtime: z.number(), digest: z.string() });

/** `<digest>.json`: what is known about an image in the cache. */
export const ImageRecord = z.strictObject({
  /** sha256 of the image file, hex. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  format: z.enum(["qcow2", "raw"]),
  /** Bytes of the file. */
  size: z.number(),
  /** Bytes of the disk that a guest sees. */
  virtualSize: z.number(),
  /** Seconds since 1970; libvirt changes the owner of images that it opens, but not this. */
  mtime: z.number(),
  /** Name that the image was first asked for by. */
  name: z.string(),
  /** Where it came from, for people. */
  source: z.string(),
  /** ISO 8601. */
  createdAt: z.string(),
  kernel: Companion.optional(),
  initrd: Companion.optional(),
  /** Kernel command line that goes with `kernel`. */
  cmdline: z.string().optional(),
});
export type ImageRecord = z.infer<typeof ImageRecord>;

/** `index/<request key>.json`: the image that answers a definition. */
export const IndexEntry = z.strictObject({
  digest: z.string(),
  /** What the vendor's list said of the file that it was made from: `sha512:<hex>`. */
  vendorChecksum: z.string().optional(),
  /** Why this image stands in for the one that was asked for. */
  standIn: z.string().optional(),
  /** Keys of its source and steps: while the image is there, nobody needs their results. */
  through: z.array(z.string()).optional(),
});
export type IndexEntry = z.infer<typeof IndexEntry>;

/** A verified, read-only base image on a hypervisor. */
export interface BaseImageRecord extends ImageRecord {
  /** Absolute path on the hypervisor. */
  readonly path: string;
  /** What guests that boot without firmware start from. */
  readonly boot: { readonly kernel: string; readonly initrd?: string; readonly cmdline: string } | undefined;
  /** Why this image stands in for the one that was asked for (its source cannot be reached). */
  readonly standIn: string | undefined;
}
