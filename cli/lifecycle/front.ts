import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runFront } from "./front-process";
import { SUPERVISOR_FLAGS } from "./supervisor-flags";

/**
 * The command of every `<guest>-lifecycle` resource, as `node -e 'require("guest-farm/lifecycle").main()'`: reads the
 * specification from standard input and ends with the exit code of the run.
 */
export async function main(): Promise<void> {
  // The reader may be gone (a killed provider): that ends the front by its ancestors, not by a crash.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  process.exitCode = await runFront({
    supervisor: [process.execPath, ...SUPERVISOR_FLAGS, join(__dirname, "supervisor-main.js")],
    spec: readFileSync(0, "utf8"),
    base: process.cwd(),
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
  });
}
