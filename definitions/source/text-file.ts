import { UserError } from "../user-error";

/**
 * Text of a file of the user.
 *
 * @throws UserError when it is not UTF-8, or holds a NUL character.
 */
export function decodeText(name: string, content: Buffer): string {
  const text = decode(content);
  if (text === undefined || text.includes("\0")) {
    throw new UserError({
      what: "is not a text file",
      file: name,
      found: text === undefined ? "bytes that are not UTF-8" : "a NUL character",
      allowed: "UTF-8 text",
    });
  }
  return text;
}

function decode(content: Buffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch {
    return undefined;
  }
}
