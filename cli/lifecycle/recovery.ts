import { WORK_LIMITS } from "../../definitions/time-limits";
import type { LeaseHolder } from "../../hypervisor/leases/lease";
import type { LifecycleInput, LifecyclePorts } from "../../phases/lifecycle/input";
import { bounded, type Guard } from "../../phases/lifecycle/limits";
import { messageOf } from "../../phases/lifecycle/run-state";

const ANSWER_MS = 10_000;

/** Whose run it is. */
export type Whose = Pick<LeaseHolder, "stack" | "project">;

/**
 * Cleans up behind a holder that went away without giving the lease back: runs terminate if it is its own and the guest
 * still answers, and switches it off, as far as these phases are allowed. What it finds is told in warnings; nothing of
 * it keeps the new run from trying.
 *
 * @param whose the run that cleans up
 */
export async function recover(
  abandoned: LeaseHolder,
  whose: Whose,
  input: LifecycleInput,
  ports: LifecyclePorts,
  guard: Guard,
): Promise<readonly string[]> {
  const tell = (text: string) => `the last run (${abandoned.description}, since ${abandoned.since}) ${text}`;
  try {
    const ask = async (signal: AbortSignal) => ports.power.state(signal);
    if ((await bounded("asking for the guest's state", WORK_LIMITS.look, guard, ask)) !== "on") {
      return [tell("ended without giving the lease back; its guest was off")];
    }
    const terminated = isOwn(abandoned, whose)
      ? await terminate(input, ports, guard)
      : `its terminate, of ${shownWhose(abandoned)}, was not run`;
    if (!input.allowed.includes("shutdown")) return [tell(`left its guest on; ${terminated}; it stays on`)];
    ports.observer.step("shutdown", "powering off what the last run left on");
    await bounded("powering off", WORK_LIMITS.powerOff, guard, async (signal) =>
      ports.power.powerOff(signal),
    );
    return [tell(`left its guest on; ${terminated}; it was powered off`)];
  } catch (error) {
    guard.lost.throwIfAborted();
    return [tell(`left its guest on, and cleaning up failed: ${messageOf(error)}`)];
  }
}

/** Records of older releases do not say it: they were nearly always of the same stack. */
function isOwn(abandoned: Whose, whose: Whose): boolean {
  return (
    abandoned.stack === undefined || (abandoned.stack === whose.stack && abandoned.project === whose.project)
  );
}

function shownWhose({ stack, project }: Whose): string {
  return project === undefined ? `stack ${stack}` : `stack ${stack} and project ${project}`;
}

async function terminate(input: LifecycleInput, ports: LifecyclePorts, guard: Guard): Promise<string> {
  if (!input.allowed.includes("terminate") || ports.phases.fileOf("terminate") === null) {
    return "there is no terminate phase to run";
  }
  if (input.canBeAsked && !(await ports.access.answers(ANSWER_MS))) return "it does not answer";
  ports.observer.step("terminate", "running terminate for the last run");
  try {
    // The last run may have ended right after a restore. What cannot be renewed was told then, or is not its fault.
    const refresh = async () => ports.access.refresh().catch(() => []);
    if (input.canBeAsked) await bounded("setting the clock", WORK_LIMITS.clock, guard, refresh);
    const { phaseMs } = input.limits;
    const run = async (signal: AbortSignal) => ports.phases.run("terminate", signal);
    const outcome = await bounded("terminate", phaseMs, guard, run);
    return outcome.status === "failed" ? `its terminate failed: ${outcome.reason}` : "its terminate was run";
  } catch (error) {
    guard.lost.throwIfAborted();
    return `its terminate failed: ${messageOf(error)}`;
  }
}
