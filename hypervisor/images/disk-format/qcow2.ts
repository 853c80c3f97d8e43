import { isDamaged, isEncrypted, needsAnother, quoted, type Refusal } from "./image-bytes";

/** Offsets of the fields that are read; all numbers are big-endian. */
const AT = {
  version: 4,
  backingOffset: 8,
  backingSize: 16,
  encryption: 32,
  incompatible: 72,
  headerLength: 100,
} as const;
const HEADER_LENGTH = { 2: 72, 3: 104 } as const;
const EXTENSION = {
  end: 0,
  backingFormat: 0xe2792aca,
  dataFile: 0x44415441,
  encryption: 0x0537be77,
} as const;
/** Bits of the incompatible features: dirty, corrupt, data file, compression type, extended L2 entries. */
const DATA_FILE = 1n << 2n;
const KNOWN_FEATURES = 0b11111n;

/** The file under an image, as its header names it. */
export interface Qcow2Backing {
  readonly file: string;
  /** null: the header does not say. */
  readonly format: string | null;
}

interface Qcow2Header {
  readonly backing: Qcow2Backing | null;
}

/**
 * What the header of a qcow2 image refers to. Pure.
 * @param head the first bytes of the file
 */
export function readQcow2(head: Buffer): Qcow2Header | { readonly refusal: Refusal } {
  const refuse = (refusal: Refusal) => ({ refusal });
  const version = head.length < AT.incompatible ? 0 : head.readUInt32BE(AT.version);
  if (head.length < AT.incompatible) return refuse(isDamaged("a qcow2 image that ends in its header"));
  if (version !== 2 && version !== 3) {
    return refuse({
      what: "the image has a format that is not taken",
      found: `version ${version} of qcow`,
      allowed: "versions 2 and 3 (qcow2)",
      remedy: "convert it with qemu-img convert -O qcow2",
    });
  }
  if (version === 3 && head.length < HEADER_LENGTH[3]) {
    return refuse(isDamaged("a qcow2 image that ends in its header"));
  }
  if (head.readUInt32BE(AT.encryption) !== 0) return refuse(isEncrypted("an encrypted qcow2 image"));
  const features = version === 3 ? head.readBigUInt64BE(AT.incompatible) : 0n;
  if ((features & DATA_FILE) !== 0n) return refuse(needsAnother("a data file outside of the image"));
  if ((features & ~KNOWN_FEATURES) !== 0n) {
    return refuse(isDamaged(`unknown features of qcow2: 0x${features.toString(16)}`));
  }
  const start = version === 3 ? head.readUInt32BE(AT.headerLength) : HEADER_LENGTH[2];
  const extensions = readExtensions(head, start);
  if ("refusal" in extensions) return extensions;
  return readBacking(head, extensions.backingFormat);
}

function readBacking(head: Buffer, format: string | null): Qcow2Header | { readonly refusal: Refusal } {
  const offset = head.readBigUInt64BE(AT.backingOffset);
  const size = head.readUInt32BE(AT.backingSize);
  if (offset === 0n && size === 0) return { backing: null };
  const end = offset + BigInt(size);
  // A name that lies elsewhere than in the header, or none where one is announced.
  if (offset === 0n || size === 0 || end > BigInt(head.length)) {
    return { refusal: needsAnother("a backing file whose name cannot be read") };
  }
  return { backing: { file: head.toString("utf8", Number(offset), Number(end)), format } };
}

function readExtensions(
  head: Buffer,
  start: number,
): { readonly backingFormat: string | null } | { readonly refusal: Refusal } {
  let backingFormat: string | null = null;
  for (let at = start; ;) {
    if (at + 8 > head.length) return { refusal: isDamaged("a header of qcow2 without an end") };
    const kind = head.readUInt32BE(at);
    const length = head.readUInt32BE(at + 4);
    if (kind === EXTENSION.end) return { backingFormat };
    const text = () => head.toString("utf8", at + 8, Math.min(at + 8 + length, head.length));
    if (kind === EXTENSION.dataFile) return { refusal: needsAnother(`data file ${quoted(text())}`) };
    if (kind === EXTENSION.encryption) return { refusal: isEncrypted("an encrypted qcow2 image") };
    if (kind === EXTENSION.backingFormat) backingFormat = text();
    at += 8 + Math.ceil(length / 8) * 8;
  }
}
