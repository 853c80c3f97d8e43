import { hostname, userInfo } from "node:os";
import { type Lease, type LeaseHolder, shownHolder } from "../../hypervisor/leases/lease";
import type { LifecycleInput, LifecyclePorts } from "../../phases/lifecycle/input";
import { seconds } from "../../phases/lifecycle/limits";
import type { RunResult } from "../../phases/lifecycle/result";
import { resultWithoutPhases, runLifecycle } from "../../phases/lifecycle/run";
import { messageOf } from "../../phases/lifecycle/run-state";
import { lifecycleInput } from "./lifecycle-input";
import { recover } from "./recovery";
import type { OpenRooms, RunRooms } from "./rooms";
import type { RunFolder } from "./run-folder";
import type { RunLog } from "./run-log";
import type { LifecycleSpec } from "./spec";
import { SYSTEM_CLOCK } from "./system-clock";
import { takeSlot } from "./take-slot";

/** Tidying up (the last-run summary, the lease, connections) may not keep a finished run from ending. */
const CLOSING_LIMIT_MS = 30_000;

export interface SuperviseOptions {
  readonly spec: LifecycleSpec;
  readonly folder: RunFolder;
  readonly openRooms: OpenRooms;
  readonly log: RunLog;
  /** Ends the run early; terminate and shutdown still run. */
  readonly cancel: AbortSignal;
  /** Keeps the result; called before the lease is given back. */
  readonly keep: (result: RunResult) => void;
}

/**
 * One whole run: takes the lease, cleans up behind a run that vanished, takes room, runs the lifecycle, keeps its
 * result, gives the lease back. Never throws: whatever goes wrong is in the result.
 */
export async function supervise(options: SuperviseOptions): Promise<RunResult> {
  const { spec, folder, openRooms, log, cancel } = options;
  const startedAt = SYSTEM_CLOCK.now();
  const input = lifecycleInput(spec, folder.runId);
  const ended = (error: unknown) => withoutRun(options, input, startedAt, error);
  if (spec.refused !== undefined) {
    return ended(new Error(`${spec.refused}; the guest stays where it is and was not run`));
  }
  let rooms: RunRooms;
  try {
    rooms = await openRooms(spec, { runId: folder.runId, folder: folder.path, log });
  } catch (error) {
    return ended(error);
  }
  try {
    const holder = holderOf(options, startedAt);
    const lease = await takeLease(rooms, options, input, holder);
    // What was there before is nobody's orphan.
    let leaveOn = lease.abandoned === null;
    try {
      const { abandoned, lost } = lease;
      const found = abandoned === null ? [] : await cleanUpBehind(rooms, abandoned, lost, input, options);
      await takeSlot(rooms, {
        spec,
        holder,
        say: (text) => log.say(text),
        signal: AbortSignal.any([lost, cancel]),
      });
      const result = await drive(rooms, lost, found, input, options);
      const shutdown = result.phases.find(({ name }) => name === "shutdown")?.status;
      leaveOn = shutdown === "passed" || (leaveOn && shutdown === "skipped");
      log.record(`${result.status} in ${seconds(result.durationMs)}`);
      options.keep(result);
      if (!lost.aborted) await tidy(log, rooms.writeLastRun(lastRunOf(result, spec)));
      return result;
    } finally {
      await tidy(log, lease.release({ leaveOn }));
    }
  } catch (error) {
    return ended(cancel.aborted ? cancel.reason : error);
  } finally {
    await tidy(log, rooms.close());
  }
}

function holderOf({ spec, folder }: SuperviseOptions, startedAt: Date): LeaseHolder {
  const who = `${userInfo().username}@${hostname()} pid ${process.pid}`;
  return {
    runId: folder.runId,
    description: `${who}: run of stack ${spec.stack}`,
    since: startedAt.toISOString(),
    stack: spec.stack,
    ...(spec.project === null ? {} : { project: spec.project.id }),
  };
}

function takeLease(
  rooms: RunRooms,
  { spec, log, cancel }: SuperviseOptions,
  { allowed }: LifecycleInput,
  holder: LeaseHolder,
): Promise<Lease> {
  const { tries, delay } = spec.settings.shutdown;
  return rooms.acquireLease({
    holder,
    fate: () => (allowed.includes("shutdown") ? "powerOff" : "leave"),
    // Only the disk of a hypervisor lives on.
    ...(spec.isHypervisor === true ? { shutdown: { tries, delay } } : {}),
    waitMs: spec.settings.leaseTimeout * 1000,
    onWait: (other, waitedMs) =>
      log.say(`waiting for ${shownHolder(other)} (${Math.round(waitedMs / 1000)} s)`),
    signal: cancel,
  });
}

/** Before there is room for the new run: until it is off, the guest takes the room of the old one. */
async function cleanUpBehind(
  rooms: RunRooms,
  abandoned: LeaseHolder,
  lost: AbortSignal,
  input: LifecycleInput,
  options: SuperviseOptions,
): Promise<readonly string[]> {
  const { spec, log } = options;
  const { ports } = await openPorts(rooms, options);
  const whose = { stack: spec.stack, project: spec.project?.id };
  const warnings = await recover(abandoned, whose, input, ports, { clock: SYSTEM_CLOCK, lost });
  for (const text of warnings) log.warning(text);
  return warnings;
}

async function openPorts(rooms: RunRooms, { log }: SuperviseOptions) {
  const { warnings, ...opened } = await rooms.openPorts();
  const ports: LifecyclePorts = { ...opened, observer: log, clock: SYSTEM_CLOCK };
  return { warnings, ports };
}

async function drive(
  rooms: RunRooms,
  lost: AbortSignal,
  found: readonly string[],
  input: LifecycleInput,
  options: SuperviseOptions,
): Promise<RunResult> {
  const { warnings, ports } = await openPorts(rooms, options);
  for (const text of warnings) options.log.warning(text);
  const result = await runLifecycle(input, ports, { cancel: options.cancel, lost });
  return shown({ ...result, warnings: [...found, ...warnings, ...result.warnings] }, options.log);
}

function withoutRun(
  { spec, log, cancel, keep }: SuperviseOptions,
  input: LifecycleInput,
  startedAt: Date,
  error: unknown,
): RunResult {
  const { snapshots } = spec.settings;
  const told = {
    clock: SYSTEM_CLOCK,
    observer: log,
    strategy: snapshots === "auto" ? "saved" : snapshots,
  } as const;
  const status = cancel.aborted && error === cancel.reason ? "cancelled" : "failed";
  const result = shown(resultWithoutPhases(input, told, startedAt, status, messageOf(error)), log);
  keep(result);
  return result;
}

function lastRunOf(result: RunResult, spec: LifecycleSpec) {
  const { runId, status, durationMs } = result;
  const nonce = spec.runNonce === undefined ? {} : { runNonce: spec.runNonce };
  const finishedAt = new Date().toISOString();
  return { runId, inputsDigest: spec.inputsDigest, status, finishedAt, durationMs, ...nonce };
}

/** Errors and reasons quote output of steps. */
function shown(result: RunResult, log: RunLog): RunResult {
  return {
    ...result,
    error: result.error === null ? null : log.shown(result.error),
    warnings: [...result.warnings, ...log.cuts()].map((text) => log.shown(text)),
    phases: result.phases.map((phase) => ({ ...phase, reason: log.shown(phase.reason) })),
  };
}

async function tidy(log: RunLog, work: Promise<void>): Promise<void> {
  const over = new AbortController();
  const late = SYSTEM_CLOCK.sleep(CLOSING_LIMIT_MS, over.signal).then(
    () => log.warning("tidying up after the run took too long and was given up"),
    () => undefined,
  );
  const done = work.catch((error: unknown) => log.warning(`tidying up after the run: ${messageOf(error)}`));
  await Promise.race([done, late]);
  over.abort();
}
