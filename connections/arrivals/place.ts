import { lstat, mkdir, readdir, rename } from "node:fs/promises";
import type { Stats } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { UserError } from "../../definitions/user-error";

/**
 * Makes the folder that something is put into.
 *
 * @param within every folder below this one has to be a real one, not a link; default: whatever leads there
 * @throws UserError for a link or a file on the way
 */
export async function makeFolder(folder: string, within?: string): Promise<void> {
  if (within === undefined || folder === within) {
    await mkdir(folder, { recursive: true });
    return;
  }
  await mkdir(within, { recursive: true });
  const parts = relative(within, folder).split(sep);
  if (parts[0] === "..") throw new UserError({ what: `${folder} is not in ${within}` });
  let at = within;
  for (const part of parts) {
    at = join(at, part);
    const found = await look(at);
    if (found === null) await mkdir(at);
    else if (!found.isDirectory()) throw inTheWay(at, found, "a folder is needed there");
  }
}

/**
 * Moves a file, a link or a folder to its place. A folder is laid over one that is there; a file or a link takes the
 * place of another. No link at the destination is followed.
 *
 * @throws UserError where a folder would take the place of something else, or the other way round
 */
export async function moveInto(from: string, to: string): Promise<void> {
  const found = await look(to);
  const isFolder = (await lstat(from)).isDirectory();
  if (found !== null && found.isDirectory() !== isFolder) {
    throw inTheWay(to, found, `the guest has a ${isFolder ? "folder" : "file or link"} of this name`);
  }
  if (found === null || !isFolder) return rename(from, to);
  for (const name of await readdir(from)) await moveInto(join(from, name), join(to, name));
}

async function look(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

function inTheWay(path: string, found: Stats, why: string): UserError {
  const kind = found.isDirectory() ? "a folder" : found.isSymbolicLink() ? "a link" : "a file";
  return new UserError({
    what: `${path} is in the way: ${why}`,
    found: kind,
    remedy: `fetch into another place than ${dirname(path)}, by the step's \`to\``,
  });
}
