import type { Mistake } from "../user-error";

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * What makes a script of a POSIX shell, or of the interpreter in its first line, fail with words that do not name the
 * cause. Pure.
 *
 * @param file its name, for the message
 */
export function scriptMistake(file: string, content: Buffer): Mistake | undefined {
  if (content.subarray(0, 3).equals(BYTE_ORDER_MARK)) {
    return {
      what: "begins with a byte order mark, which a shell takes for part of the first command",
      file,
      line: 1,
      found: "the bytes EF BB BF",
      allowed: "UTF-8 without a byte order mark",
      remedy: `take it out: sed -i '1s/^\\xEF\\xBB\\xBF//' ${JSON.stringify(file)}`,
    };
  }
  const end = content.indexOf("\n");
  if (end < 1 || content[end - 1] !== 0x0d) return undefined;
  return {
    what: "has the line ends of Windows, which a shell takes for part of the commands",
    file,
    line: 1,
    found: "CR LF at the end of the line",
    allowed: "lines that end with LF",
    remedy: `convert it: sed -i 's/\\r$//' ${JSON.stringify(file)} (and "eol=lf" for it in .gitattributes)`,
  };
}
