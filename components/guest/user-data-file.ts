import type { PlacedGuest } from "../../definitions/placement/place-farm";
import { Mistakes } from "../../definitions/source/mistakes";
import { decodeText } from "../../definitions/source/text-file";
import { readUserFile } from "../../definitions/source/user-file";
import { UserError } from "../../definitions/user-error";
import { userDataMistakes } from "./user-data";

/**
 * A user's own user data for a guest.
 *
 * @param path relative to the program's folder, which is the current one, or absolute
 * @throws UserError when it cannot be read, or cloud-init would not take it.
 */
export function readUserData(guest: string, path: string): string {
  const text = readText(guest, path);
  const mistakes = userDataMistakes(text, path);
  if (mistakes.length > 0) throw new UserError(mistakes);
  return text;
}

/** @throws UserError with what is wrong with the user data of all guests, each mistake once. */
export function checkUserData(guests: readonly PlacedGuest[]): void {
  const mistakes = new Mistakes();
  for (const { name, seed } of guests) {
    const path = seed?.userDataFile;
    if (path !== undefined) mistakes.attempt(() => readUserData(name, path));
  }
  mistakes.throwAny();
}

function readText(guest: string, path: string): string {
  try {
    return decodeText(path, readUserFile(path));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError({
      what: `the user data of guest "${guest}" cannot be read`,
      file: path,
      found: error instanceof Error ? error.message : String(error),
      remedy: "put the file there, or correct `seed.userDataFile`",
    });
  }
}
