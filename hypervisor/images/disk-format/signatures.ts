/** What files begin with that are no disks, or disks that are not taken. */
interface Signature {
  readonly name: string;
  /** Bytes at `at`, as latin1. */
  readonly start: string;
  readonly at?: number;
}

/** Archives and compressed files that the step `decompress` unpacks. */
export const PACKED: readonly Signature[] = [
  { name: "gz", start: "\x1f\x8b" },
  { name: "bz2", start: "BZh" },
  { name: "xz", start: "\xfd7zXZ\0" },
  { name: "zst", start: "\x28\xb5\x2f\xfd" },
  { name: "zip", start: "PK\x03\x04" },
  { name: "tar", start: "ustar", at: 257 },
];

/** What nothing here unpacks. */
export const NO_DISKS: readonly Signature[] = [
  { name: "a 7z archive", start: "7z\xbc\xaf\x27\x1c" },
  { name: "a RAR archive", start: "Rar!\x1a\x07" },
  { name: "a file compressed with lz4", start: "\x04\x22\x4d\x18" },
  { name: "a file compressed with lzip", start: "LZIP" },
  { name: "an empty zip archive", start: "PK\x05\x06" },
  { name: "an ar archive, as a Debian package is one", start: "!<arch>\n" },
  { name: "a cpio archive", start: "07070" },
  { name: "an RPM package", start: "\xed\xab\xee\xdb" },
  { name: "a cabinet archive", start: "MSCF" },
  { name: "a PDF document", start: "%PDF-" },
  { name: "a program (ELF)", start: "\x7fELF" },
  { name: "an OpenPGP message", start: "-----BEGIN PGP" },
];

/** Disk images of formats that need other files, or that nobody keeps safe against strangers. */
export const OTHER_DISKS: readonly Signature[] = [
  { name: "QED", start: "QED\0" },
  { name: "Parallels", start: "WithoutFreeSpace" },
  { name: "Parallels", start: "WithouFreSpacExt" },
  { name: "VMDK of ESX (COWD)", start: "COWD" },
  { name: "Bochs", start: "Bochs Virtual HD Image" },
  { name: "cloop", start: "#!/bin/sh\n#V2.0 Format\nmodprobe cloop" },
  { name: "LUKS", start: "LUKS\xba\xbe" },
];

export function bySignature(list: readonly Signature[], head: Buffer): string | undefined {
  return list.find(({ start, at = 0 }) => head.toString("latin1", at, at + start.length) === start)?.name;
}

/** Whether a file is a text: no disk begins like one. */
export function isText(head: Buffer): boolean {
  const start = head.subarray(0, 4096);
  const isUtf16 = /^(\xff\xfe|\xfe\xff)/.test(start.toString("latin1", 0, 2));
  // Characters of one byte lie between zeros there; the last character may have been cut.
  const text = isUtf16
    ? start.toString("latin1", 2).replaceAll("\0", "")
    : start.toString("utf8").slice(0, -1);
  return (
    start.length > 0 && !Array.from(text).some((character) => isNoText(character.charCodeAt(0), isUtf16))
  );
}

function isNoText(code: number, isUtf16: boolean): boolean {
  const isSpace = code >= 0x09 && code <= 0x0d;
  if (code < 0x20) return !isSpace && code !== 0x1b && !isUtf16;
  return code === 0x7f || code === 0xfffd;
}
