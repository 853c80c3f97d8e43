import { Transform } from "node:stream";

/** Longest line of base64 that is taken, in characters. */
const LONGEST_LINE = 1024 * 1024;

/** Turns lines of base64, each complete by itself, into bytes. */
export function decodedLines(): Transform {
  let open: string[] = [];
  let length = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const [first = "", ...lines] = chunk.toString("latin1").split("\n");
      open.push(first);
      length += first.length;
      for (const line of lines) {
        this.push(Buffer.from(open.join(""), "base64"));
        open = [line];
        length = line.length;
      }
      done(length > LONGEST_LINE ? new Error("the guest sends a line of base64 that does not end") : null);
    },
    flush(done) {
      done(null, Buffer.from(open.join(""), "base64"));
    },
  });
}
