/** Escape sequences of terminals: colours, cursor moves, window titles. */
// eslint-disable-next-line no-control-regex
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\^_])/g;
// eslint-disable-next-line no-control-regex
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufffd]/g;

/**
 * One line of a program's output as it may be shown: without colours and cursor moves, the last state of a line that
 * was written over, everything else that is no text as a dot, and no longer than `longest` characters.
 */
export function printableLine(line: string, longest = 200): string {
  const plain = line.replace(ESCAPES, "").replaceAll("\t", "  ");
  const last = plain.split("\r").findLast((part) => part.trim() !== "") ?? "";
  const text = last.replace(UNPRINTABLE, ".").trimEnd();
  return text.length > longest ? `${text.slice(0, longest - 3)}...` : text;
}

/** A text of several lines as it may be shown: each of them as `printableLine` has it, none cut. */
export function printableText(text: string): string {
  return text
    .split("\n")
    .map((line) => printableLine(line, Number.POSITIVE_INFINITY))
    .join("\n");
}
