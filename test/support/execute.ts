import { execFile } from "node:child_process";
import type { PulumiRun } from "../e2e/support/farm-under-test";

/** Runs a program to its end. @throws Error when it cannot be started or dies of a signal */
export function execute(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): Promise<PulumiRun> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { ...options, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) resolve({ exitCode: 0, output: stdout + stderr });
      else if (typeof error.code === "number") resolve({ exitCode: error.code, output: stdout + stderr });
      else reject(new Error(`${program} could not be run`, { cause: error }));
    });
  });
}
