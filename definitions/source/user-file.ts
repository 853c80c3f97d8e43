import { closeSync, constants, fstatSync, openSync, readSync, statSync, type Stats } from "node:fs";

/** What a file of text may have at most: far more than people write by hand, far less than memory. */
export const TEXT_BYTES = 10 * 1024 ** 2;

/** A file that cannot be taken. The message says what was found there, for `found` of a mistake. */
export class UserFileError extends Error {
  /** `missing`: there is nothing of that name. */
  constructor(
    found: string,
    readonly kind: "missing" | "unfit",
  ) {
    super(found);
    this.name = "UserFileError";
  }
}

/**
 * The content of a file that a user names. Only a regular file is read, and only up to a limit: a pipe, a device or a
 * file of the kernel may give nothing for ever, or never end.
 *
 * @param most limit in bytes. Default: 10 MiB
 * @throws UserFileError saying what is there instead.
 */
export function readUserFile(path: string, most = TEXT_BYTES): Buffer {
  return withUserFile(path, (file, { size }) => {
    if (size > most) throw tooLarge(most);
    // What the kernel makes up has size 0, and a file may grow meanwhile.
    const parts: Buffer[] = [];
    let length = 0;
    for (;;) {
      const part = Buffer.alloc(Math.max(size - length, 65_536));
      const read = readSync(file, part);
      if (read === 0) return Buffer.concat(parts, length);
      parts.push(part.subarray(0, read));
      length += read;
      if (length > most) throw tooLarge(most);
    }
  });
}

/** Opens a regular file for reading, without waiting for a pipe's other end. @throws UserFileError */
export function withUserFile<T>(path: string, use: (file: number, stats: Stats) => T): T {
  let file: number | undefined;
  try {
    // Looked at first: opening a device may act on it.
    requireRegular(statSync(path));
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(file);
    requireRegular(stats);
    return use(file, stats);
  } catch (error) {
    throw error instanceof UserFileError ? error : asUserFileError(error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function requireRegular(stats: Stats): void {
  if (stats.isFile()) return;
  const what = stats.isDirectory()
    ? "a folder"
    : stats.isFIFO()
      ? "a pipe (FIFO)"
      : stats.isSocket()
        ? "a socket"
        : "a device";
  throw new UserFileError(what, "unfit");
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  ENOTDIR: "a file where the path needs a folder",
  ELOOP: "a link that leads back to itself",
  EACCES: "a file that may not be read (its mode or a folder above forbids it)",
  EPERM: "a file that may not be read",
  ENAMETOOLONG: "a path that is too long",
  EISDIR: "a folder",
  EIO: "a file that the disk cannot give (input/output error)",
};

function asUserFileError(error: unknown): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return error as Error;
  return new UserFileError(
    REASONS[code] ?? message,
    code === "ENOENT" || code === "ENOTDIR" ? "missing" : "unfit",
  );
}

function tooLarge(most: number): UserFileError {
  return new UserFileError(`more than ${most / 1024 ** 2} MiB`, "unfit");
}
