import { HostKeyError, type GuestScript } from "../../../connections/guest-connection";
import { evaluateTemplate } from "../../../definitions/expressions";
import { escalationFor } from "../../project/escalation";
import type { WaitAction } from "../../project/resolved-phase";
import { guestOs } from "../guest-os";
import { stepScript } from "../script-text";
import { StepFailure } from "../step-failure";
import { PASSED, textOf, type StepResult, type StepRun } from "../step-run";

/** No single look takes longer, milliseconds: a hanging one must not eat up the whole time. */
const LONGEST_LOOK_MS = 30_000;

/** Looks again and again until a port listens, a file is there or a command succeeds in the guest. */
export async function waitFor(action: WaitAction, run: StepRun): Promise<StepResult> {
  const { connection, clock } = run.ports;
  const as = escalationFor(textOf(action.user, run), run.loaded.guest);
  const { what, text, shell } = lookOf(action, run);
  const deadline = clock.now().getTime() + run.timeoutMs;
  run.note(`waiting for ${what}`);
  let seen = "nothing";
  for (;;) {
    const left = deadline - clock.now().getTime();
    if (left <= 0) throw new StepFailure(`waited ${run.timeoutMs / 1000} s for ${what}; last seen: ${seen}`);
    const look = { text, shell, timeoutMs: Math.min(left, LONGEST_LOOK_MS), signal: run.signal };
    seen = await lookOnce(as === undefined ? look : { ...look, as }, run);
    if (seen === "") return PASSED;
    await clock.sleep(action.everyMs, run.signal);
  }

  async function lookOnce(script: GuestScript, { signal }: StepRun): Promise<string> {
    try {
      const { exitCode, stdout, stderr } = await connection.run(script);
      if (exitCode === 0) return "";
      const last = `${stdout}\n${stderr}`.trim().split("\n").at(-1) ?? "";
      return `exit code ${exitCode}${last === "" ? "" : `, ${last}`}`;
    } catch (error) {
      if (signal.aborted || error instanceof HostKeyError) throw error;
      return (error as Error).message;
    }
  }
}

interface Look {
  readonly what: string;
  readonly text: string;
  readonly shell: GuestScript["shell"];
}

function lookOf({ until, shell }: WaitAction, run: StepRun): Look {
  const os = guestOs(run.loaded.guest.os);
  if ("command" in until) {
    return { what: "the command to succeed", text: stepScript(until.command, run.scope), shell };
  }
  if ("file" in until) {
    const file = evaluateTemplate(until.file, run.scope);
    return { what: `the file ${file}`, text: os.exists(file), shell: os.shell };
  }
  const port = typeof until.port === "number" ? until.port : Number(evaluateTemplate(until.port, run.scope));
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new StepFailure(`there is no port ${port}`);
  return { what: `port ${port}`, text: os.listens(port), shell: os.shell };
}
