/** One digest of a list. */
export interface ListEntry {
  /** Lower case, without punctuation: `sha256`, `md5`, `blake2b`. */
  readonly algorithm: string;
  /** Lower-case hex. */
  readonly digest: string;
  /** As the list has it; null: the list has nothing but digests. */
  readonly path: string | null;
}

/** Hex digits of a digest, where its line does not name the algorithm. */
const BY_LENGTH: Readonly<Record<number, string>> = {
  32: "md5",
  40: "sha1",
  56: "sha224",
  64: "sha256",
  96: "sha384",
  128: "sha512",
};
const HEX = "[0-9a-fA-F]{32,128}";
const COREUTILS = new RegExp(`^(\\\\?)(${HEX})(?:\\s+\\*?(\\S.*))?$`);
const TAGGED = new RegExp(`^([A-Za-z][A-Za-z0-9/-]*)\\s*\\((.+)\\)\\s*=\\s*(${HEX})$`);
/** The name first, as in lists of mirrors. */
const TURNED = new RegExp(`^(\\S.*?):?\\s+(${HEX})$`);

/**
 * The digests of a vendor's list: `digest  file` and `digest *file` (coreutils), with a column for the size too,
 * `SHA256 (file) = digest` (BSD), `SHA2-256(file)= digest` (OpenSSL), `file digest`, or nothing but a digest. All other
 * lines are passed over. UTF-16, byte order marks and lines of Windows are fine. Pure.
 */
export function parseList(text: string): readonly ListEntry[] {
  // UTF-16 that was read as UTF-8: every second byte of these characters is zero.
  const plain = text.replace(/^(\ufeff|\ufffd\ufffd)/, "").replaceAll("\0", "");
  return plain.split(/\r\n?|\n/).flatMap((line) => parseLine(line.trim()));
}

function parseLine(line: string): readonly ListEntry[] {
  const [, name, tagged, its] = TAGGED.exec(line) ?? [];
  if (name !== undefined && tagged !== undefined && its !== undefined) {
    const algorithm = algorithmOf(name);
    const isCut = Object.values(BY_LENGTH).includes(algorithm) && BY_LENGTH[its.length] !== algorithm;
    return isCut ? [] : [{ algorithm, digest: its.toLowerCase(), path: tagged }];
  }
  const [, escaped, digest, path] = COREUTILS.exec(line) ?? [];
  if (digest !== undefined) return entriesOf(digest, path, escaped !== "");
  const [, file, last] = TURNED.exec(line) ?? [];
  return file !== undefined && last !== undefined ? entriesOf(last, file, false) : [];
}

function entriesOf(hex: string, path: string | undefined, escaped: boolean): readonly ListEntry[] {
  const algorithm = BY_LENGTH[hex.length];
  if (algorithm === undefined) return [];
  const entry = { algorithm, digest: hex.toLowerCase() };
  if (path === undefined) return [{ ...entry, path: null }];
  const meant = escaped ? path.replace(/\\(.)/g, (_, after: string) => (after === "n" ? "\n" : after)) : path;
  const afterSize = /^\d+\s+\*?(\S.*)$/.exec(meant)?.[1];
  // A number in front may be the size, or belong to the name.
  return [meant, ...(afterSize === undefined ? [] : [afterSize])].map((name) => ({ ...entry, path: name }));
}

/** `SHA2-256` and `SHA-256` are SHA256; SHA3-256 and SHA512/256 are something else. */
function algorithmOf(name: string): string {
  return name.toLowerCase().replace(/^sha(?:2-|-)?(?=(?:224|256|384|512)$)/, "sha");
}
