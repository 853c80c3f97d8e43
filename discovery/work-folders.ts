import { accessSync, constants, statSync, type Stats } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../definitions/user-error";

/**
 * The folders that every run writes to: that for temporary files, and `.guest-farm` of the program.
 *
 * @param temporary default: that of the environment
 * @throws UserError for one that cannot be used.
 */
export function requireWorkFolders(programFolder: string, temporary = tmpdir()): void {
  const problem = problemOf(temporary);
  if (problem !== undefined) {
    throw new UserError({
      what: "the folder for temporary files cannot be used",
      path: "TMPDIR",
      found: `${temporary}: ${problem}`,
      allowed: "a folder that this user can write to",
      remedy: "make the folder, or unset TMPDIR",
    });
  }
  const own = join(programFolder, ".guest-farm");
  const found = look(own);
  if (found === undefined || found.isDirectory()) return;
  throw new UserError({
    what: "has to be a folder: keys and results are kept in it",
    file: ".guest-farm",
    found: "a file",
    remedy: "move the file away",
  });
}

function problemOf(folder: string): string | undefined {
  const found = look(folder);
  if (found === undefined) return "there is no such folder";
  if (!found.isDirectory()) return "a file";
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch {
    return "a folder that this user cannot write to";
  }
}

function look(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
