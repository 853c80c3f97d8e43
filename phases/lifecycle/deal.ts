import type { Actions } from "./actions";
import type { SnapshotFact } from "./facts";
import { lookForClean, NOT_LOOKED_FOR } from "./gather-facts";
import { LimitError, RunLimitError } from "./limits";
import type { FilePhase, PhaseName } from "./phase-names";
import type { Action, PlannedPhase } from "./plan";
import type { PhaseOutcome } from "./ports";
import { messageOf, type RunState } from "./run-state";

type Acting = Extract<PlannedPhase, { does: "act" }>;
type Simple = Exclude<Action, "restore" | "run">;

/** Deals with one planned phase of the part of a run that a failure or a cancellation ends. */
export async function dealWith(planned: PlannedPhase, run: RunState, actions: Actions): Promise<void> {
  const { phase } = planned;
  if (planned.does === "skip") {
    run.book.skip(phase, planned.reason);
    return;
  }
  run.book.start(phase);
  try {
    if (planned.does === "fail") throw new Error(planned.reason);
    if (phase === "restore init" || phase === "restore clean") await restore(phase, planned, run, actions);
    else if (phase === "create init" || phase === "create clean") await create(phase, planned, run, actions);
    else if (phase === "startup") await startUp(planned, run, actions);
    else await performAll(phase, planned, run, actions);
  } catch (error) {
    endInTrouble(phase, error, run);
  }
}

/** Records what a phase file did. */
export function endFile(phase: FilePhase, outcome: PhaseOutcome, run: RunState): void {
  if (outcome.status !== "none") takeOut(outcome.skip ?? [], phase, run);
  if (outcome.status === "failed") {
    const tail = outcome.lastLines.map((line) => `\n  | ${line}`).join("");
    run.book.end("failed", outcome.reason, outcome.exitCode);
    run.fail(`${phase} failed: ${outcome.reason}${tail}`);
    return;
  }
  run.book.end("passed", "", outcome.status === "passed" ? 0 : null);
}

/** Counts whether the phase passes or fails later: its steps have said so. */
function takeOut(phases: readonly PhaseName[], by: FilePhase, run: RunState): void {
  run.facts = {
    ...run.facts,
    takenOut: new Map([...run.facts.takenOut, ...phases.map((out) => [out, by] as const)]),
  };
}

/** Ends the running phase after an exception, and says why nothing further is reached. */
export function endInTrouble(phase: PhaseName, error: unknown, run: RunState): void {
  const { cancel, lost } = run.signals;
  if (lost.aborted) {
    run.book.end("failed", messageOf(lost.reason));
    run.fail(messageOf(lost.reason));
    run.stopped = messageOf(lost.reason);
  } else if (cancel.aborted && error === cancel.reason) {
    stopAsCancelled(run);
    run.book.end(run.status === "cancelled" ? "cancelled" : "failed", messageOf(error));
  } else {
    run.book.end("failed", messageOf(error));
    run.fail(`${phase} failed: ${messageOf(error)}`);
  }
}

/** Ends the run early: as cancelled, or as failed when it was its time limit that ended it. */
export function stopAsCancelled(run: RunState): void {
  const reason: unknown = run.signals.cancel.reason;
  const overTime = reason instanceof RunLimitError;
  run.fail(messageOf(reason), overTime ? "failed" : "cancelled");
  run.stopped = overTime ? messageOf(reason) : "the run was cancelled";
}

/**
 * A long-lived guest whose first boot had not ended well and that was on may only have been slow. If it does not become
 * ready now either, nothing of value is on its disks, and the first boot is repeated.
 */
async function startUp(planned: Acting, run: RunState, actions: Actions): Promise<void> {
  const phase = "startup";
  try {
    await performAll(phase, planned, run, actions);
  } catch (error) {
    rethrowIfOver(run);
    const waited = run.facts.unfit === true && !planned.actions.includes("reset to base");
    if (!waited || isWrongMachine(error)) throw error;
    run.warn(`the first boot had not ended well (${messageOf(error)}); it is repeated with fresh disks`);
    for (const action of ["power off", "reset to base", "boot", "wait until ready"] as const) {
      run.signals.cancel.throwIfAborted();
      await actions.perform(phase, action);
    }
    run.book.end("passed", "its first boot was repeated");
  }
}

async function performAll(phase: PhaseName, planned: Acting, run: RunState, actions: Actions): Promise<void> {
  for (const action of planned.actions) {
    run.signals.cancel.throwIfAborted();
    if (action === "run") {
      const file = phase as FilePhase;
      endFile(file, await actions.runFile(file), run);
      return;
    }
    await actions.perform(phase, action as Simple);
  }
  run.book.end("passed", planned.remark);
}

async function restore(
  phase: "restore init" | "restore clean",
  planned: Acting,
  run: RunState,
  actions: Actions,
): Promise<void> {
  try {
    if (planned.actions.includes("power off")) await actions.perform(phase, "power off");
    run.signals.cancel.throwIfAborted();
    const resumed = await actions.restore(phase);
    noteRestored(phase, resumed, run);
    if (resumed === "memory") {
      for (const action of ["drop connections", "wait until ready", "set clock"] as const) {
        await actions.perform(phase, action);
      }
    }
    run.resumed = resumed;
    run.book.end("passed", resumed === "cold" ? planned.remark || "hit, cold" : "");
  } catch (error) {
    rethrowIfOver(run);
    if (isWrongMachine(error)) throw error;
    await fallBack(phase, error, run, actions);
  }
}

/** The record said one thing and the restore may have done another: what follows depends on what it did. */
function noteRestored(
  phase: "restore init" | "restore clean",
  resumed: "memory" | "cold",
  run: RunState,
): void {
  const kind = phase === "restore init" ? "init" : "clean";
  run.facts = { ...run.facts, [kind]: { ...run.facts[kind], state: resumed } };
}

/** The snapshot is not used: the guest is switched off and the rest of the run planned anew, without it. */
async function fallBack(
  phase: "restore init" | "restore clean",
  error: unknown,
  run: RunState,
  actions: Actions,
): Promise<void> {
  const text = `${phase} failed: ${messageOf(error)}`;
  const kind = phase === "restore init" ? "init" : "clean";
  const unusable = { state: "unusable", reason: "it could not be restored" } as const;
  const clean = await cleanNow(run);
  run.facts = { ...run.facts, clean, [kind]: unusable, pristine: false };
  if (run.input.onSnapshotError === "fail") throw error;
  // What was given up may have had libvirt bring the guest back a moment after the look.
  const isOn = error instanceof LimitError || (await actions.powerState()) === "on";
  if (isOn) await actions.perform(phase, "power off");
  run.facts = { ...run.facts, power: "off" };
  run.book.end("failed", messageOf(error));
  run.warn(`${text}; the run goes on without this snapshot`);
}

/** A run that meant to start from the init snapshot has not looked for the clean one yet. */
async function cleanNow(run: RunState): Promise<SnapshotFact> {
  if (run.facts.clean !== NOT_LOOKED_FOR) return run.facts.clean;
  const troubles: string[] = [];
  const clean = await lookForClean(run.input, run.ports, run.interruptible, troubles);
  for (const text of troubles) run.warn(text);
  return clean;
}

async function create(
  phase: "create init" | "create clean",
  planned: Acting,
  run: RunState,
  actions: Actions,
): Promise<void> {
  const steps = planned.actions as readonly Simple[];
  const taking = steps.findIndex((action) => action !== "wait until ready");
  const after = steps.indexOf("create") + 1;
  for (const action of steps.slice(0, taking)) await actions.perform(phase, action);
  try {
    for (const action of steps.slice(taking, after)) {
      run.signals.cancel.throwIfAborted();
      await actions.perform(phase, action);
    }
  } catch (error) {
    rethrowIfOver(run);
    if (run.input.onSnapshotError === "fail") throw error;
    await bringBack(phase, steps.slice(after), run, actions);
    run.book.end("failed", messageOf(error));
    run.warn(`${phase} failed: ${messageOf(error)}; the run goes on without this snapshot`);
    return;
  }
  for (const action of steps.slice(after)) await actions.perform(phase, action);
  run.book.end("passed", planned.remark);
}

/** A snapshot that failed half way may have left the guest off, while later phases need it. */
async function bringBack(
  phase: "create init" | "create clean",
  after: readonly Simple[],
  run: RunState,
  actions: Actions,
): Promise<void> {
  const isNeeded = run.facts.takenWhile === "on" || after.length > 0;
  if (!isNeeded || (await actions.powerState()) === "on") return;
  for (const action of ["boot", "wait until ready"] as const) await actions.perform(phase, action);
}

/** Another machine answered under the guest's address: no snapshot mends that. By name: the room is not ours. */
function isWrongMachine(error: unknown): boolean {
  return error instanceof Error && error.name === "HostKeyError";
}

function rethrowIfOver(run: RunState): void {
  run.signals.lost.throwIfAborted();
  run.signals.cancel.throwIfAborted();
}
