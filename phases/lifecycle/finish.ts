import type { Actions } from "./actions";
import { endFile, endInTrouble } from "./deal";
import { notReached, nextRunDiscardsDisks, planLifecycle, waysDown, type Action } from "./plan";
import { messageOf, type RunState } from "./run-state";
import { skipReasons } from "./skip-reasons";

/** A guest in trouble gets so long to answer before its terminate phase is given up. */
const LAST_ANSWER_MS = 10_000;

/** What always runs, whatever happened before: terminate, shutdown, and tidying up behind them. */
export async function finish(run: RunState, actions: Actions): Promise<void> {
  await terminate(run, actions);
  const isOff = await shutdown(run, actions);
  if (isOff) await settle(run, actions);
}

async function terminate(run: RunState, actions: Actions): Promise<void> {
  const phase = "terminate";
  const reason = skipReasons(run.facts).terminate ?? (await whyNotNow(run, actions));
  if (reason !== null) {
    run.book.skip(phase, reason);
    return;
  }
  run.book.start(phase);
  try {
    if (run.error === null && plannedFor(phase, run).includes("wait until ready")) {
      await actions.perform(phase, "wait until ready");
    }
    endFile(phase, await actions.runFile(phase), run);
  } catch (error) {
    endInTrouble(phase, error, run);
  }
}

/** Why a wanted terminate cannot run in the guest as it is now, or null. */
async function whyNotNow(run: RunState, actions: Actions): Promise<string | null> {
  if (run.signals.lost.aborted) return notReached(messageOf(run.signals.lost.reason));
  try {
    const state = await lastState("terminate", run, actions);
    if (state === "off") return "the guest is off";
    const inTrouble = (run.error !== null || state === "unknown") && run.input.canBeAsked;
    if (inTrouble && !(await run.ports.access.answers(LAST_ANSWER_MS))) return "the guest does not answer";
    return null;
  } catch (error) {
    run.fail(`terminate could not be run: ${messageOf(error)}`);
    return notReached(messageOf(error));
  }
}

/**
 * A libvirt that does not say how the guest is does not keep anybody from ending the run properly.
 * @throws the reason of a lost lease.
 */
async function lastState(
  phase: "terminate" | "shutdown",
  run: RunState,
  actions: Actions,
): Promise<"on" | "off" | "unknown"> {
  try {
    return (await actions.powerState()) === "on" ? "on" : "off";
  } catch (error) {
    run.signals.lost.throwIfAborted();
    run.warn(`${phase}: it is not known whether the guest is on: ${messageOf(error)}`);
    return "unknown";
  }
}

/** Takes the guest down. Tells whether it is off now. */
async function shutdown(run: RunState, actions: Actions): Promise<boolean> {
  const phase = "shutdown";
  const reason = skipReasons(run.facts).shutdown;
  if (run.signals.lost.aborted) {
    run.book.skip(phase, reason ?? notReached(messageOf(run.signals.lost.reason)));
    return false;
  }
  try {
    const isOff = (await lastState(phase, run, actions)) === "off";
    if (reason !== null || isOff) {
      run.book.skip(phase, reason ?? "the guest is off");
      return isOff;
    }
    run.book.start(phase);
    for (const action of waysDown(run.facts, run.has)) await takeDown(action, run, actions);
    run.book.end("passed", "");
    return true;
  } catch (error) {
    if (!run.book.isRunning) run.book.start(phase);
    endInTrouble(phase, error, run);
    return false;
  }
}

async function takeDown(action: Action, run: RunState, actions: Actions): Promise<void> {
  if (action === "power off") return powerOff(run, actions);
  if (action === "shut down") return actions.perform("shutdown", action);
  try {
    // What is not synced here is thrown away by the next run: a guest that does not answer is no reason to fail.
    if (run.error === null || (await run.ports.access.answers(LAST_ANSWER_MS))) {
      await actions.perform("shutdown", "sync");
    }
  } catch (error) {
    run.signals.lost.throwIfAborted();
    run.ports.observer.step("shutdown", `file systems not synced: ${messageOf(error)}`);
  }
}

/** libvirt looks every 200 ms whether a guest is gone: time for what the next start needs. */
async function powerOff(run: RunState, actions: Actions): Promise<void> {
  const preparing = isSettled(run) ? actions.prepareSettle() : Promise.resolve();
  try {
    await actions.perform("shutdown", "power off");
  } finally {
    await preparing;
  }
}

function isSettled(run: RunState): boolean {
  return run.acted && nextRunDiscardsDisks(run.facts, run.has);
}

async function settle(run: RunState, actions: Actions): Promise<void> {
  if (!isSettled(run)) return;
  try {
    await actions.settle();
  } catch (error) {
    run.warn(`tidying up the snapshots failed: ${messageOf(error)}`);
  }
}

function plannedFor(phase: "terminate", run: RunState): readonly Action[] {
  const planned = planLifecycle(run.facts).find((entry) => entry.phase === phase);
  return planned?.does === "act" ? planned.actions : [];
}
