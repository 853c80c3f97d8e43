#!/usr/bin/env node
import { runCli } from "./command-line";

// The reader may end first, as in `guest-farm logs tiny-amd64 | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

void runCli(process.argv.slice(2), {
  folder: process.cwd(),
  environment: process.env,
  stdout: (chunk) => void process.stdout.write(chunk),
  stderr: (text) => void process.stderr.write(text),
}).then((exitCode) => {
  process.exitCode = exitCode;
});
