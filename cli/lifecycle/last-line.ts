import { printableLine } from "../../connections/printable";

/** Longest part of an output line that progress shows. */
const WIDTH = 120;
/** Only so much of a chunk is looked at: more cannot matter for its last line. */
const TAIL_BYTES = 2_000;

/** The last line of a chunk of output that says something, fit for a terminal; null: none does. */
export function lastLine(chunk: Buffer): string | null {
  const lines = chunk.subarray(-TAIL_BYTES).toString("utf8").split("\n");
  return (
    lines.map((line) => printableLine(line, WIDTH).trim()).findLast((line) => /[^.\s]/.test(line)) ?? null
  );
}
