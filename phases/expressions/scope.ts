import type { KnownNames, Scope } from "../../definitions/expressions";
import type { PhaseContext } from "../project/context";

/** What is only known while a lifecycle runs: `run.id`, `run.snapshots`. Never part of a key. */
export interface RunValues {
  readonly id: string;
  /** Names of the guest's snapshots. */
  readonly snapshots: readonly string[];
}

/** Stands in for a run when expressions are checked before there is one. */
export const NO_RUN: RunValues = { id: "run", snapshots: ["clean"] };

/** What the expressions of a run see. */
export function scopeOf(context: PhaseContext, run: RunValues): Scope {
  return { ...context, run };
}

/** The names that there are, for checking before a run. Maps are open to the last level; lists are not looked into. */
export function knownNames(scope: Scope): KnownNames {
  return Object.fromEntries(Object.entries(scope).map(([name, value]) => [name, namesIn(value)]));
}

function namesIn(value: unknown): KnownNames | "any" {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "any";
  return knownNames(value as Scope);
}
