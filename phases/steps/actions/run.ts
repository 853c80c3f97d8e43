import { escalationFor } from "../../project/escalation";
import { decodeText } from "../../../definitions/source/text-file";
import type { RunAction } from "../../project/resolved-phase";
import { checkResult } from "../expectations";
import { guestOs } from "../guest-os";
import { stepScript } from "../script-text";
import { PASSED, textOf, textsOf, type StepResult, type StepRun } from "../step-run";

/** Time for a look at whether a file exists, milliseconds. */
const LOOK_MS = 60_000;

/** Runs a command in the guest. */
export async function runInGuest(action: RunAction, run: StepRun): Promise<StepResult> {
  const { connection } = run.ports;
  const { guest } = run.loaded;
  const as = escalationFor(textOf(action.user, run), guest);
  const dir = textOf(action.dir, run);
  const common = {
    ...(dir === undefined ? {} : { dir }),
    ...(as === undefined ? {} : { as }),
    signal: run.signal,
  };
  const creates = textOf(action.creates, run);
  if (creates !== undefined) {
    const os = guestOs(guest.os);
    const look = await connection.run({
      ...common,
      text: os.exists(creates),
      shell: os.shell,
      timeoutMs: Math.min(LOOK_MS, run.timeoutMs),
    });
    if (look.exitCode === 0) return { status: "skipped", reason: `${creates} is there` };
  }
  const stdin = textOf(action.stdin, run);
  const result = await connection.run({
    ...common,
    text: await commandText(action, run),
    shell: action.shell,
    env: textsOf(action.env, run),
    ...(stdin === undefined ? {} : { stdin }),
    timeoutMs: run.timeoutMs,
    onOutput: run.onOutput,
  });
  checkResult(result, action.expect, run.scope);
  return PASSED;
}

async function commandText({ command }: RunAction, run: StepRun): Promise<string> {
  if ("script" in command) return stepScript(command.script, run.scope);
  return decodeText(command.file, await run.loaded.folder.read(command.file));
}
