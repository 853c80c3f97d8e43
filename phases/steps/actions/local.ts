import { mkdir } from "node:fs/promises";
import { quoteForShell } from "../../../connections/quote";
import type { LocalAction } from "../../project/resolved-phase";
import { checkResult } from "../expectations";
import { stepScript } from "../script-text";
import { PASSED, textOf, textsOf, type StepResult, type StepRun } from "../step-run";

/** Runs a command on the controller. Its text, environment and input travel on standard input. */
export async function runLocally(action: LocalAction, run: StepRun): Promise<StepResult> {
  const { loaded, ports } = run;
  if (action.creates !== undefined) {
    const path = loaded.folder.localPath(action.creates);
    const look = await ports.local.run({ argv: ["test", "-e", path], signal: run.signal });
    if (look.exitCode === 0) return { status: "skipped", reason: `${action.creates} is there` };
  }
  await mkdir(ports.artifactsFolder, { recursive: true });
  const env = { ...textsOf(action.env, run), GUEST_FARM_ARTIFACTS: ports.artifactsFolder };
  const exports = Object.entries(env).map(([name, value]) => `export ${name}=${quoteForShell(value)}; `);
  const script = Buffer.from(
    `cd ${quoteForShell(loaded.folder.localPath(action.dir))} || exit 1; ${exports.join("")}` +
      stepScript(action.command, run.scope),
  );
  const result = await ports.local.run({
    argv: ["sh", "-c", `eval "$(dd bs=1 count=${script.length} 2>/dev/null)"`],
    stdin: Buffer.concat([script, Buffer.from(textOf(action.stdin, run) ?? "")]),
    timeoutMs: run.timeoutMs,
    signal: run.signal,
    onOutput: run.onOutput,
  });
  checkResult(result, action.expect, run.scope);
  return PASSED;
}
