import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";

/** sha256 (hex) of a file, however large. */
export async function digestFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

/** Only what git keeps of a file's mode: the rest depends on the umask of the checkout. Links are followed. */
export async function isExecutable(path: string): Promise<boolean> {
  return ((await stat(path)).mode & 0o100) !== 0;
}

/** Whether a file begins like something to be run: `#!`, or a program's `\x7fELF`. */
export async function impliesExecutable(path: string): Promise<boolean> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    const start = buffer.subarray(0, bytesRead).toString("latin1");
    return start.startsWith("#!") || start === "\x7fELF";
  } finally {
    await file.close();
  }
}
