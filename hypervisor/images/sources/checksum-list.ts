/** Algorithms of the lists that vendors publish. */
export type ChecksumAlgorithm = "sha256" | "sha512";

const HEX_LENGTH: Readonly<Record<ChecksumAlgorithm, number>> = { sha256: 64, sha512: 128 };

/**
 * Digest of a file in a vendor's list. Lines are `digest  file` or `digest *file` (coreutils), `SHA256 (file) = digest`
 * (BSD), or nothing but a digest; folders before the file's name and all other lines are passed over.
 * @returns lower-case hex; null when the list does not have the file.
 */
export function digestInList(text: string, file: string, algorithm: ChecksumAlgorithm): string | null {
  const hex = `[0-9a-fA-F]{${HEX_LENGTH[algorithm]}}`;
  const coreutils = new RegExp(`^(${hex})\\s+\\*?(\\S.*)$`);
  const bsd = new RegExp(`^${algorithm}\\s*\\((.+)\\)\\s*=\\s*(${hex})$`, "i");
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  for (const line of lines) {
    const [digest, name] =
      [coreutils.exec(line)?.slice(1, 3), bsd.exec(line)?.slice(1, 3).reverse()].find(Boolean) ?? [];
    if (digest !== undefined && name !== undefined && baseName(name) === baseName(file))
      return digest.toLowerCase();
  }
  const bare = lines.filter((line) => line !== "");
  return bare.length === 1 && new RegExp(`^${hex}$`).test(bare[0] ?? "")
    ? (bare[0] ?? "").toLowerCase()
    : null;
}

/** A checksum as a text that can be compared: `sha512:<hex>`. */
export function checksumText(algorithm: ChecksumAlgorithm, digest: string): string {
  return `${algorithm}:${digest}`;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
