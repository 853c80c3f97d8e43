/** Longest part of an output line that progress shows. */
const WIDTH = 120;
/** Only so much of a chunk is looked at: more cannot matter for its last line. */
const TAIL_BYTES = 2_000;

/** The last line of a chunk of output that says something, fit for a terminal; null: none does. */
export function lastLine(chunk: Buffer): string | null {
  const lines = plain(chunk.subarray(-TAIL_BYTES).toString("utf8")).split("\n");
  const line = lines.findLast((text) => text.trim() !== "");
  return line === undefined ? null : shorten(line.trim());
}

/** Without escape sequences and control characters; a carriage return starts a new line, as on a terminal. */
export function plain(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex -- these are what has to go
      .replace(/\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-_])/g, "")
      .replace(/\r/g, "\n")
      // eslint-disable-next-line no-control-regex -- these are what has to go
      .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\ufffd]+/g, " ")
  );
}

function shorten(text: string): string {
  return text.length <= WIDTH ? text : `${text.slice(0, WIDTH - 3)}...`;
}
