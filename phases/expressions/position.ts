import type { Position } from "../../definitions/source/yaml-file";

const OPEN = "${{";

/**
 * Line and column, in the file, of an offset into a text value. Expressions are found by counting: the same one in
 * the value and in the file's text, which hold for every style of YAML text.
 *
 * @param start where the value begins in the file
 */
export function positionInValue(fileText: string, start: Position, value: string, offset: number): Position {
  const opens = offsetsOf(value, 0, value.length);
  const nth = opens.findLastIndex((open) => open <= offset);
  const begin = offsetOf(fileText, start);
  const inFile = offsetsOf(fileText, begin, fileText.length);
  const open = inFile[nth];
  const valueOpen = opens[nth];
  if (open === undefined || valueOpen === undefined) return start;
  return positionOf(fileText, open + offset - valueOpen);
}

function offsetsOf(text: string, from: number, to: number): number[] {
  const found: number[] = [];
  for (let at = text.indexOf(OPEN, from); at >= 0 && at < to; at = text.indexOf(OPEN, at + OPEN.length))
    found.push(at);
  return found;
}

function offsetOf(text: string, { line, column }: Position): number {
  let at = 0;
  for (let n = 1; n < line; n++) at = text.indexOf("\n", at) + 1;
  return at + column - 1;
}

function positionOf(text: string, offset: number): Position {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
