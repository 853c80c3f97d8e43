import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runFront } from "../../cli/lifecycle/front-process";

/** The real front, with a supervisor whose rooms are fake. */
async function main(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  process.exitCode = await runFront({
    supervisor: [
      process.execPath,
      "--require",
      require.resolve("tsx/cjs"),
      join(__dirname, "fake-supervisor.ts"),
    ],
    spec: readFileSync(0, "utf8"),
    base: process.argv[2] ?? "",
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
  });
}

void main();
