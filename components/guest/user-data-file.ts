import { readFileSync } from "node:fs";
import type { PlacedGuest } from "../../definitions/placement/place-farm";
import { formatMistake, type Mistake, UserError } from "../../definitions/user-error";
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
  const mistakes = new Map<string, Mistake>();
  for (const { name, seed } of guests) {
    if (seed?.userDataFile === undefined) continue;
    try {
      readUserData(name, seed.userDataFile);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      for (const mistake of error.mistakes) mistakes.set(formatMistake(mistake), mistake);
    }
  }
  if (mistakes.size > 0) throw new UserError([...mistakes.values()]);
}

function readText(guest: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UserError({
      what: `the user data of guest "${guest}" cannot be read`,
      file: path,
      found: error instanceof Error ? error.message : String(error),
      remedy: "put the file there, or correct `seed.userDataFile`",
    });
  }
}
