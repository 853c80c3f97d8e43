import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { withUserFile } from "../../definitions/source/user-file";

const PART_BYTES = 4 * 1024 ** 2;

const Known = z.record(
  z.string(),
  z.strictObject({ size: z.number(), mtime: z.number(), inode: z.number(), sha256: z.string() }),
);
type Known = z.infer<typeof Known>;

/**
 * sha256 (hex) of a file, however large. What has been hashed once is remembered by size, date and inode, so that a preview
 * need not read an image again.
 *
 * @param path absolute, or relative to the current folder
 * @param base the folder that holds `.guest-farm`. Default: the current one.
 * @throws UserFileError for what is no regular file, or cannot be read.
 */
export function fileDigest(path: string, base = process.cwd()): string {
  const memory = join(base, ".guest-farm", "file-digests.json");
  const name = resolve(base, path);
  const { size, mtimeMs: mtime, ino: inode } = withUserFile(name, (_, stats) => stats);
  const known = recall(memory);
  const before = Object.hasOwn(known, name) ? known[name] : undefined;
  if (before?.size === size && before.mtime === mtime && before.inode === inode) return before.sha256;
  const sha256 = hash(name);
  const others = Object.entries(known).filter(([other]) => existsSync(other));
  remember(memory, { ...Object.fromEntries(others), [name]: { size, mtime, inode, sha256 } });
  return sha256;
}

function hash(path: string): string {
  const digest = createHash("sha256");
  withUserFile(path, (file) => {
    const part = Buffer.alloc(PART_BYTES);
    for (let read = readSync(file, part); read > 0; read = readSync(file, part)) {
      digest.update(part.subarray(0, read));
    }
  });
  return digest.digest("hex");
}

function recall(memory: string): Known {
  try {
    return Known.parse(JSON.parse(readFileSync(memory, "utf8")));
  } catch {
    return {};
  }
}

function remember(memory: string, known: Known): void {
  const draft = `${memory}.${process.pid}`;
  try {
    mkdirSync(dirname(memory), { recursive: true });
    writeFileSync(draft, `${JSON.stringify(known, null, 2)}\n`);
    renameSync(draft, memory);
  } catch {
    // Without a memory, files are hashed again.
  }
}
