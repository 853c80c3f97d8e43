import { hostname, userInfo } from "node:os";
import { type Lease, type LeaseHolder, shownHolder } from "../../hypervisor/leases/lease";
import type { Slot } from "../../hypervisor/slots/acquire-slot";
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
 * One whole run: takes the lease, cleans up behind a run that vanished, runs the lifecycle, keeps its result, gives
 * the lease back. Never throws: whatever goes wrong is in the result.
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
    const lease = await takeLease(rooms, options, holder);
    let slot: Slot | undefined;
    try {
      slot = await takeSlot(rooms, {
        spec,
        holder,
        say: (text) => log.say(text),
        signal: AbortSignal.any([lease.lost, cancel]),
      });
      const lost = AbortSignal.any([lease.lost, slot.lost]);
      const result = await drive(rooms, { abandoned: lease.abandoned, lost }, input, options);
      log.record(`${result.status} in ${seconds(result.durationMs)}`);
      options.keep(result);
      if (!lease.lost.aborted) await tidy(log, rooms.writeLastRun(lastRunOf(result, spec)));
      return result;
    } finally {
      if (slot !== undefined) await tidy(log, slot.release());
      await tidy(log, lease.release());
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
  };
}

function takeLease(
  rooms: RunRooms,
  { spec, log, cancel }: SuperviseOptions,
  holder: LeaseHolder,
): Promise<Lease> {
  return rooms.acquireLease({
    holder,
    waitMs: spec.settings.leaseTimeout * 1000,
    onWait: (other, waitedMs) =>
      log.say(`waiting for ${shownHolder(other)} (${Math.round(waitedMs / 1000)} s)`),
    signal: cancel,
  });
}

async function drive(
  rooms: RunRooms,
  { abandoned, lost }: Pick<Lease, "abandoned" | "lost">,
  input: LifecycleInput,
  { log, cancel }: SuperviseOptions,
): Promise<RunResult> {
  const { warnings, ...opened } = await rooms.openPorts();
  const ports: LifecyclePorts = { ...opened, observer: log, clock: SYSTEM_CLOCK };
  const guard = { clock: SYSTEM_CLOCK, lost };
  const left = abandoned === null ? [] : await recover(abandoned, input, ports, guard);
  const found = [...warnings, ...left];
  for (const text of found) log.warning(text);
  const result = await runLifecycle(input, ports, { cancel, lost });
  return masked({ ...result, warnings: [...found, ...result.warnings] }, log);
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
  const result = masked(resultWithoutPhases(input, told, startedAt, status, messageOf(error)), log);
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
function masked(result: RunResult, log: RunLog): RunResult {
  return {
    ...result,
    error: result.error === null ? null : log.mask(result.error),
    warnings: result.warnings.map((text) => log.mask(text)),
    phases: result.phases.map((phase) => ({ ...phase, reason: log.mask(phase.reason) })),
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
