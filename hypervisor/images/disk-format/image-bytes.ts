/** The bytes of an image that a stranger made. Nothing but these files interprets them. */
export interface ImageBytes {
  /** Bytes of the whole file. */
  readonly size: number;
  /** What is at an offset; less than `length` at the end of the file. */
  read(offset: number, length: number): Promise<Buffer>;
}

/** Formats that are taken: each in the variants that need no other file. */
export const DISK_FORMATS = ["raw", "qcow2", "vmdk", "vdi", "vhdx", "vpc"] as const;
export type DiskFormat = (typeof DISK_FORMATS)[number];

/** Why an image is not taken; reads as the mistake of a user. */
export interface Refusal {
  readonly what: string;
  readonly found: string;
  readonly allowed?: string;
  readonly remedy: string;
}

/** Where the headers of all formats that begin with one are. */
export const HEAD_BYTES = 64 * 1024;

const FLATTEN = "use an image that stands alone (qemu-img convert makes one)";

/** An image that would bring a file of the hypervisor into guests. @param found the reference, for people */
export function needsAnother(found: string): Refusal {
  return { what: "the image lies over another file and is not complete by itself", found, remedy: FLATTEN };
}

export function isEncrypted(found: string): Refusal {
  return { what: "the image is encrypted", found, remedy: "decrypt it first, and use the result" };
}

export function isDamaged(found: string): Refusal {
  return { what: "the image is damaged", found, remedy: "check where the image comes from" };
}

/** A name that a stranger chose, short and without characters that a terminal obeys. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}...` : name).replace(
    /[\u007f-\u009f]/g,
    "?",
  );
}
