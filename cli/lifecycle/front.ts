import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runFront } from "./front-process";

/**
 * A supervisor lives for hours and mostly passes output on. Little room for young objects, in MiB, keeps it small:
 * 100 MB of output took it to 120 MB with V8's default, and to 103 MB with this, in the same time.
 */
const SMALL = "--max-semi-space-size=1";

/**
 * The command of every `<guest>-lifecycle` resource, as `node -e 'require("guest-farm/lifecycle").main()'`: reads the
 * specification from standard input and ends with the exit code of the run.
 */
export async function main(): Promise<void> {
  // The reader may be gone (a killed provider): that ends the front by its ancestors, not by a crash.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  process.exitCode = await runFront({
    supervisor: [process.execPath, SMALL, join(__dirname, "supervisor-main.js")],
    spec: readFileSync(0, "utf8"),
    base: process.cwd(),
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
  });
}
