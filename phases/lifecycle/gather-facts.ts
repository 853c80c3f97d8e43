import { WORK_LIMITS } from "../../definitions/time-limits";
import { isHit, type LifecycleFacts, type SnapshotFact } from "./facts";
import type { LifecycleInput, LifecyclePorts } from "./input";
import { bounded, type Guard } from "./limits";
import { FILE_PHASES, type PhaseName } from "./phase-names";
import type { WantedSnapshot } from "./ports";
import { messageOf } from "./run-state";

/** A running guest that says nothing for so long is taken for one that does not answer. */
const ANSWER_MS = 5_000;

/** The facts of a guest at the start of a run, and what was odd while they were gathered. */
export interface Gathered {
  readonly facts: LifecycleFacts;
  readonly warnings: readonly string[];
  /** Why the run cannot go on, although its guest is known; null: it can. */
  readonly error: string | null;
}

/**
 * Asks for the state of the guest and of its snapshots: the init snapshot first, the rest only if the run does not
 * start from that one.
 *
 * @throws Error when the guest is not defined or its state cannot be had.
 */
export async function gatherFacts(
  input: LifecycleInput,
  ports: LifecyclePorts,
  guard: Guard,
): Promise<Gathered> {
  const warnings: string[] = [];
  const failures: string[] = [];
  const troubles = input.onSnapshotError === "fail" ? failures : warnings;
  const look = (wanted: WantedSnapshot, users: readonly PhaseName[]) =>
    lookFor(wanted, users, input, ports, guard, troubles);
  const [state, init] = await Promise.all([
    ask("asking for the guest's state", guard, (signal) => ports.power.state(signal)),
    initFact(input, look),
  ]);
  if (state === "missing") {
    throw new Error(
      `guest "${input.guest}" is not defined on hypervisor "${input.hypervisor}": run \`pulumi refresh\`, then \`pulumi up\``,
    );
  }
  const rest =
    isHit(init) && input.allowed.includes("restore init")
      ? { clean: NOT_LOOKED_FOR, pristine: false, power: state }
      : await lookAtRest(input, ports, guard, state, () => lookForClean(input, ports, guard, troubles));
  const facts: LifecycleFacts = {
    hasProject: input.project !== null,
    allowed: new Set(input.allowed),
    takenOut: new Map(),
    files: new Set(FILE_PHASES.filter((phase) => ports.phases.fileOf(phase) !== null)),
    init,
    ...rest,
    takenWhile: ports.snapshots.takenWhile,
    powerOff: input.powerOff,
    ...(input.livesOn === true ? { livesOn: true } : {}),
    ...(input.longLived === true ? { longLived: true } : {}),
  };
  return { facts, warnings, error: failures[0] ?? null };
}

/** Stands for the clean snapshot in a run that starts from the init snapshot. */
export const NOT_LOOKED_FOR: SnapshotFact = { state: "off", reason: "not looked for" };

/** What is known of the clean snapshot. What goes wrong is added to `troubles` and counts as a miss. */
export async function lookForClean(
  input: LifecycleInput,
  ports: LifecyclePorts,
  guard: Guard,
  troubles: string[],
): Promise<SnapshotFact> {
  return lookFor(input.clean, ["restore clean", "create clean"], input, ports, guard, troubles);
}

async function lookAtRest(
  input: LifecycleInput,
  ports: LifecyclePorts,
  guard: Guard,
  state: "on" | "off",
  clean: () => Promise<SnapshotFact>,
): Promise<Pick<LifecycleFacts, "clean" | "pristine" | "unfit" | "power">> {
  const mayAnswer = async () =>
    state === "off" ||
    !input.canBeAsked ||
    ask("asking the guest", guard, () => ports.access.answers(ANSWER_MS));
  const [found, disks, answers] = await Promise.all([
    clean(),
    ask("looking at the guest's disks", guard, (signal) => ports.snapshots.disksNow(signal)),
    mayAnswer(),
  ]);
  return {
    clean: found,
    pristine: disks === "pristine",
    ...(disks === "unfit" ? { unfit: true } : {}),
    power: answers ? state : "unreachable",
  };
}

type Look = (wanted: WantedSnapshot, users: readonly PhaseName[]) => Promise<SnapshotFact>;

async function initFact(input: LifecycleInput, look: Look): Promise<SnapshotFact> {
  if (input.init === null) return { state: "off", reason: "no project" };
  if (!input.cache) return { state: "off", reason: "the cache is off" };
  return look(input.init, ["restore init", "create init"]);
}

async function lookFor(
  wanted: WantedSnapshot,
  users: readonly PhaseName[],
  input: LifecycleInput,
  ports: LifecyclePorts,
  guard: Guard,
  troubles: string[],
): Promise<SnapshotFact> {
  if (!users.some((phase) => input.allowed.includes(phase))) return { state: "off", reason: "not allowed" };
  try {
    const what = `looking for the snapshot "${wanted.name}"`;
    const verdict = await ask(what, guard, (signal) => ports.snapshots.look(wanted, signal));
    if (verdict.state === "hit") return { state: verdict.resumes, reason: verdict.reason };
    return { state: verdict.state, reason: verdict.reason };
  } catch (error) {
    guard.lost.throwIfAborted();
    guard.cancel?.throwIfAborted();
    const text = `looking for the snapshot "${wanted.name}" failed: ${messageOf(error)}`;
    troubles.push(text);
    return { state: "miss", reason: text };
  }
}

function ask<T>(what: string, guard: Guard, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return bounded(what, WORK_LIMITS.inventory, guard, async (signal) => work(signal));
}
