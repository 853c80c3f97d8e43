import { StringDecoder } from "node:string_decoder";
import { printableLine } from "../../connections/printable";

type Stream = "stdout" | "stderr";

/** Longer lines are cut. */
const LONGEST_LINE = 2000;

/** Keeps the last lines of an output of any length, ready to be shown. */
export class LastLines {
  private readonly done: string[] = [];
  private readonly open: Record<Stream, string> = { stdout: "", stderr: "" };
  private readonly decoders: Record<Stream, StringDecoder> = {
    stdout: new StringDecoder("utf8"),
    stderr: new StringDecoder("utf8"),
  };

  constructor(private readonly count: number) {}

  add(stream: Stream, chunk: Buffer): void {
    const lines = (this.open[stream] + this.decoders[stream].write(chunk)).split("\n");
    this.open[stream] = (lines.pop() ?? "").slice(-LONGEST_LINE);
    this.done.push(...lines.slice(-this.count).map((line) => printableLine(line, LONGEST_LINE)));
    this.done.splice(0, this.done.length - this.count);
  }

  /** The lines so far, oldest first, an unfinished one included. */
  lines(): string[] {
    const unfinished = [this.open.stdout, this.open.stderr].filter((line) => line !== "");
    return [...this.done, ...unfinished.map((line) => printableLine(line, LONGEST_LINE))].slice(-this.count);
  }
}
