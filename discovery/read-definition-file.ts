import { readFileSync } from "node:fs";
import { decodeText } from "../definitions/source/text-file";
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
    return readFileSync(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new UserError({
      what: "cannot be read",
      file: name,
      found: code === "EISDIR" ? "a folder" : message,
      allowed: "a file that can be read",
      remedy: "put the file there, or correct its mode",
    });
  }
}
