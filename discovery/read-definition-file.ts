import { decodeText } from "../definitions/source/text-file";
import { readUserFile, UserFileError } from "../definitions/source/user-file";
import { UserError } from "../definitions/user-error";

/**
 * The text of a file of the user.
 *
 * @param name as messages show it
 * @returns undefined when there is no such file.
 * @throws UserError when it cannot be read, or is no text.
 */
export function readDefinitionFile(path: string, name: string): string | undefined {
  const content = read(path, name);
  return content === undefined ? undefined : decodeText(name, content);
}

function read(path: string, name: string): Buffer | undefined {
  try {
    return readUserFile(path);
  } catch (error) {
    if (!(error instanceof UserFileError)) throw error;
    if (error.kind === "missing") return undefined;
    throw new UserError({
      what: "cannot be read",
      file: name,
      found: error.message,
      allowed: "a regular file of text, 10 MiB at most",
      remedy: "put the file there, or correct its mode",
    });
  }
}
