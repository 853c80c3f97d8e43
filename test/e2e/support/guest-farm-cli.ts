import { execFile, spawn, type ChildProcess } from "node:child_process";
import { resolve } from "node:path";
import type { FarmUnderTest, PulumiRun } from "./farm-under-test";

const CLI = resolve(__dirname, "../../../dist/cli/main.js");

/** Runs `guest-farm` in the program folder of a farm under test, on its stack's state. */
export function guestFarm(farm: FarmUnderTest, ...args: readonly string[]): Promise<PulumiRun> {
  return run(farm, process.execPath, [CLI, ...args]);
}

/** Runs any program there. */
export function run(farm: FarmUnderTest, program: string, args: readonly string[]): Promise<PulumiRun> {
  const options = { cwd: farm.folder, env: farm.environment(), maxBuffer: 64 * 1024 * 1024 };
  return new Promise((done) => {
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : typeof error.code === "number" ? error.code : 255;
      done({ exitCode, output: stdout + stderr });
    });
    child.stdin?.end();
  });
}

/** Starts `guest-farm` and waits until it has printed something. */
export async function startGuestFarm(farm: FarmUnderTest, ...args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: farm.folder,
    env: farm.environment(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise<void>((done, failed) => {
    child.stdout.once("data", () => done());
    child.once("close", () => failed(new Error(`guest-farm ${args.join(" ")} ended without a word`)));
  });
  return child;
}
