/** An image in a workshop, on its way to the cache. */
export interface MadeImage {
  /** Absolute path in the workshop; the file may be moved or changed. */
  readonly path: string;
  /** sha256 of the file, when it is known from the way here. */
  readonly digest?: string | undefined;
  /** What the vendor's list says of the file: `sha512:<hex>`. */
  readonly vendorChecksum?: string;
  /** Where it came from, for people. */
  readonly source: string;
  /** Kernel, initial file system and command line that came with it. */
  readonly boot?: { readonly kernel: string; readonly initrd?: string; readonly cmdline: string };
}
