import { Actions } from "./actions";
import { dealWith, stopAsCancelled } from "./deal";
import type { LifecycleFacts } from "./facts";
import { finish } from "./finish";
import { gatherFacts } from "./gather-facts";
import type { LifecycleInput, LifecyclePorts, LifecycleSignals } from "./input";
import { RunLimitError } from "./limits";
import { PhaseBook } from "./phase-book";
import { DEALING_ORDER, notReached, planLifecycle, type PlannedPhase } from "./plan";
import type { PhaseResult, RunResult } from "./result";
import { messageOf, RunState } from "./run-state";
import { skipReasons } from "./skip-reasons";

/**
 * Runs the lifecycle of one guest: asks for the facts, acts on the plan that follows from them, plans anew when a
 * snapshot turns out to be unusable, and always ends with terminate and shutdown.
 *
 * Never throws: whatever goes wrong is in the result. The caller holds the guest's lease.
 */
export async function runLifecycle(
  input: LifecycleInput,
  ports: LifecyclePorts,
  signals: LifecycleSignals,
): Promise<RunResult> {
  const startedAt = ports.clock.now();
  const overTime = new AbortController();
  const over = new AbortController();
  ports.clock.sleep(input.limits.runMs, over.signal).then(
    () => overTime.abort(new RunLimitError(input.limits.runMs)),
    () => undefined,
  );
  const cancel = AbortSignal.any([signals.cancel, overTime.signal]);
  try {
    return await runPhases(input, ports, { cancel, lost: signals.lost }, startedAt);
  } finally {
    over.abort();
  }
}

async function runPhases(
  input: LifecycleInput,
  ports: LifecyclePorts,
  signals: LifecycleSignals,
  startedAt: Date,
): Promise<RunResult> {
  const guard = { clock: ports.clock, ...signals };
  try {
    const { facts, warnings, error } = await gatherFacts(input, ports, guard);
    const run = new RunState(input, ports, signals, facts);
    warnings.forEach((text) => run.warn(text));
    if (error !== null) {
      run.fail(error);
      run.stopped = "the snapshots could not be looked at";
    }
    const actions = new Actions(run);
    await dealWithAll(run, actions);
    await settleIn(run, actions);
    await finish(run, actions);
    return resultOf(run, facts, startedAt);
  } catch (error) {
    const cancelled = signals.cancel.aborted && error === signals.cancel.reason;
    const status = cancelled && !(error instanceof RunLimitError) ? "cancelled" : "failed";
    const told = { ...ports, strategy: ports.snapshots.strategy };
    return resultWithoutPhases(input, told, startedAt, status, messageOf(error));
  }
}

async function dealWithAll(run: RunState, actions: Actions): Promise<void> {
  for (;;) {
    const next = planLifecycle(run.facts).find(
      ({ phase }) => phase !== "terminate" && phase !== "shutdown" && !run.book.has(phase),
    );
    if (next === undefined) return;
    if (run.stopped === null && run.signals.cancel.aborted) stopAsCancelled(run);
    if (run.stopped !== null) {
      run.book.skip(next.phase, whyNotReached(next, run));
      continue;
    }
    await dealWith(next, run, actions);
    if (run.error !== null) run.stopped ??= `${next.phase} failed`;
  }
}

/** A long-lived guest that has come up is not new any more: its disks are its own, and its seed has served. */
async function settleIn(run: RunState, actions: Actions): Promise<void> {
  const isNew = run.facts.pristine || run.facts.unfit === true;
  if (run.facts.longLived !== true || !isNew || run.error !== null) return;
  try {
    await actions.settleIn();
  } catch (error) {
    run.fail(`what the first boot needed could not be removed: ${messageOf(error)}`);
  }
}

/** A phase that would have done nothing anyway says so, even when it is not reached. */
function whyNotReached(planned: PlannedPhase, run: RunState): string {
  return skipReasons(run.facts)[planned.phase] ?? notReached(run.stopped ?? "");
}

/**
 * The result of a run that could not even look at its guest: a lease that somebody else holds, a hypervisor that
 * does not answer, a guest that is not there.
 */
export function resultWithoutPhases(
  input: LifecycleInput,
  ports: Pick<LifecyclePorts, "clock" | "observer"> & { readonly strategy: RunResult["strategy"] },
  startedAt: Date,
  status: "failed" | "cancelled",
  error: string,
): RunResult {
  const book = new PhaseBook(ports.clock, ports.observer);
  const why = notReached(status === "cancelled" ? "the run was cancelled" : "the run could not start");
  for (const phase of DEALING_ORDER) {
    book.skip(phase, input.allowed.includes(phase) ? why : "not allowed");
  }
  return {
    ...identity(input),
    cache: "off",
    resumed: null,
    strategy: ports.strategy,
    status,
    error,
    warnings: [],
    startedAt: startedAt.toISOString(),
    durationMs: elapsed(ports, startedAt),
    phases: [...book.results],
  };
}

function resultOf(run: RunState, initially: LifecycleFacts, startedAt: Date): RunResult {
  return {
    ...identity(run.input),
    cache: cacheOf(initially, run.book.results),
    resumed: run.resumed,
    strategy: run.ports.snapshots.strategy,
    status: run.status,
    error: run.error,
    warnings: [...run.warnings],
    startedAt: startedAt.toISOString(),
    durationMs: elapsed(run.ports, startedAt),
    phases: [...run.book.results],
  };
}

function identity(input: LifecycleInput) {
  return {
    runId: input.runId,
    guest: input.guest,
    hypervisor: input.hypervisor,
    project: input.project?.id ?? null,
    revision: input.project?.revision ?? null,
    key: input.init?.key ?? null,
  };
}

/** Of a guest without a project, it is the clean snapshot that is hit or missed. */
function cacheOf(initially: LifecycleFacts, phases: readonly PhaseResult[]): RunResult["cache"] {
  const fact = initially.hasProject ? initially.init : initially.clean;
  const user = initially.hasProject ? "restore init" : "create clean";
  if (fact.state === "off" || !initially.allowed.has(user)) return "off";
  if (fact.state === "stale") return "stale";
  if (fact.state === "miss" || fact.state === "unusable") return "miss";
  const failed = phases.some(({ name, status }) => name === "restore init" && status === "failed");
  return initially.hasProject && failed ? "miss" : "hit";
}

function elapsed(ports: Pick<LifecyclePorts, "clock">, since: Date): number {
  return Math.max(0, ports.clock.now().getTime() - since.getTime());
}
