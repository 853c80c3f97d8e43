import type { LifecycleFacts, SnapshotFact } from "./facts";
import type { LifecycleInput, LifecyclePorts } from "./input";
import { bounded, type Guard } from "./limits";
import { FILE_PHASES, type PhaseName } from "./phase-names";
import type { WantedSnapshot } from "./ports";
import { messageOf } from "./run-state";

const LOOK_LIMIT_MS = 60_000;
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
 * Asks for the state of the guest and of its snapshots.
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
  const [state, init, clean, pristine] = await Promise.all([
    ask("asking for the guest's state", guard, () => ports.power.state()),
    initFact(input, look),
    look(input.clean, ["restore clean", "create clean"]),
    ask("looking at the guest's disks", guard, () => ports.snapshots.isPristine()),
  ]);
  if (state === "missing") {
    throw new Error(
      `guest "${input.guest}" is not defined on hypervisor "${input.hypervisor}": run \`pulumi refresh\`, then \`pulumi up\``,
    );
  }
  const answers =
    state === "on" && input.canBeAsked
      ? await ask("asking the guest", guard, () => ports.access.answers(ANSWER_MS))
      : true;
  const facts: LifecycleFacts = {
    hasProject: input.project !== null,
    allowed: new Set(input.allowed),
    takenOut: new Map(),
    files: new Set(FILE_PHASES.filter((phase) => ports.phases.fileOf(phase) !== null)),
    init,
    clean,
    power: answers ? state : "unreachable",
    pristine,
    takenWhile: ports.snapshots.takenWhile,
    powerOff: input.powerOff,
  };
  return { facts, warnings, error: failures[0] ?? null };
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
    const verdict = await ask(what, guard, () => ports.snapshots.look(wanted));
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

function ask<T>(what: string, guard: Guard, work: () => Promise<T>): Promise<T> {
  return bounded(what, LOOK_LIMIT_MS, guard, async () => work());
}
