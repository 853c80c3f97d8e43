import { once } from "node:events";
import { PassThrough } from "node:stream";
import type { GuestProgram } from "../guest/executor";
import { MarkFilter } from "../guest/mark-filter";
import { TailBuffer } from "../process/tail-buffer";
import type { CommandResult } from "../shell";

/** Takes the output of one program apart: our wrapper's words, and what goes to whoever wants it. */
export class ProgramOutput {
  pid: number | undefined;
  private endCode: number | undefined;
  private readonly kept = { stdout: new TailBuffer(), stderr: new TailBuffer() };
  private readonly filter: MarkFilter;
  private readonly stream: PassThrough | undefined;
  private readonly consumed: Promise<void>;

  constructor(
    mark: string,
    private readonly program: GuestProgram,
  ) {
    this.filter = new MarkFilter(
      mark,
      ({ word, value }) => {
        if (word === "pid") this.pid = Number(value);
        if (word === "end") this.endCode = Number(value);
      },
      (data) => this.pass("stderr", data),
    );
    this.stream = program.consume && new PassThrough();
    this.consumed = Promise.resolve(this.stream && program.consume?.(this.stream));
    this.consumed.catch(() => undefined);
  }

  async push(name: "stdout" | "stderr", chunk: Buffer): Promise<void> {
    if (name === "stderr") this.filter.push(chunk);
    else if (this.stream === undefined) this.pass("stdout", chunk);
    else if (!this.stream.write(chunk)) await Promise.race([once(this.stream, "drain"), this.consumed]);
  }

  async result(exitCode: number): Promise<CommandResult> {
    this.filter.end();
    this.stream?.end();
    await this.consumed;
    return {
      exitCode: this.endCode ?? exitCode,
      stdout: this.kept.stdout.toString(),
      stderr: this.kept.stderr.toString(),
    };
  }

  /** Whoever consumes the output is told that it is not complete. */
  fail(): void {
    this.stream?.destroy(new Error("the program did not end"));
  }

  private pass(name: "stdout" | "stderr", chunk: Buffer): void {
    this.kept[name].push(chunk);
    this.program.onOutput?.(name, chunk);
  }
}
