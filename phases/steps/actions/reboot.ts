import { HostKeyError } from "../../../connections/guest-connection";
import { cannotBecome, escalationFor } from "../../project/escalation";
import { guestOs } from "../guest-os";
import { StepFailure } from "../step-failure";
import { PASSED, type StepResult, type StepRun } from "../step-run";

/** Time for a short question to the guest, milliseconds. */
const QUESTION_MS = 15_000;
const ANSWER_MS = 3_000;
const PAUSE_MS = 500;

/** Reboots the guest and waits until it has really booted again and is ready. */
export async function reboot(run: StepRun): Promise<StepResult> {
  const { connection, clock, readiness } = run.ports;
  const limit = run.ownTimeout ? run.timeoutMs : readiness.timeoutMs;
  const before = await bootMarker(run);
  await askForReboot(run);
  const deadline = clock.now().getTime() + limit;
  const left = (): number => {
    const ms = deadline - clock.now().getTime();
    if (ms <= 0) throw new StepFailure(`waited ${limit / 1000} s for the guest to come back from its reboot`);
    return ms;
  };
  run.note("waiting for the guest to reboot");
  while (!(await hasRebooted(before, run))) {
    left();
    await clock.sleep(PAUSE_MS, run.signal);
  }
  await connection.waitUntilReady({
    mode: readiness.mode,
    timeoutMs: left(),
    signal: run.signal,
    onWait: (what) => run.note(`waiting for ${what}`),
  });
  return PASSED;
}

async function askForReboot(run: StepRun): Promise<void> {
  const { guest } = run.loaded;
  const os = guestOs(guest.os);
  const admin = guest.os === "windows" ? guest.user : "root";
  const problem = cannotBecome(admin, guest);
  if (problem !== undefined) throw new StepFailure(`${problem.what}, and only root may reboot`);
  const as = escalationFor(admin, guest);
  const result = await run.ports.connection.run({
    text: os.reboot,
    shell: os.shell,
    ...(as === undefined ? {} : { as }),
    timeoutMs: QUESTION_MS,
    signal: run.signal,
    onOutput: run.onOutput,
  });
  if (result.exitCode !== 0) {
    throw new StepFailure(`the guest refused to reboot: exit code ${result.exitCode}`, result.exitCode);
  }
}

/** Connections from before a boot lead nowhere, so they are dropped whenever the guest does not answer. */
async function hasRebooted(before: string, run: StepRun): Promise<boolean> {
  const { connection } = run.ports;
  if (await connection.answers(ANSWER_MS)) {
    try {
      return (await bootMarker(run)) !== before;
    } catch (error) {
      if (run.signal.aborted || error instanceof HostKeyError) throw error;
    }
  }
  await connection.drop();
  return false;
}

async function bootMarker(run: StepRun): Promise<string> {
  const os = guestOs(run.loaded.guest.os);
  const { exitCode, stdout } = await run.ports.connection.run({
    text: os.bootMarker,
    shell: os.shell,
    timeoutMs: QUESTION_MS,
    signal: run.signal,
  });
  if (exitCode !== 0) throw new StepFailure("the guest does not tell when it booted", exitCode);
  return stdout.trim();
}
