import type { KnownNames, Scope } from "../../definitions/expressions";
import type { PhaseContext } from "../project/context";

/** What the expressions of a run see. */
export function scopeOf(context: PhaseContext, runId: string): Scope {
  return { ...context, run: { id: runId } };
}

/** The names that there are, for checking before a run. Maps are open to the last level; lists are not looked into. */
export function knownNames(scope: Scope): KnownNames {
  return Object.fromEntries(Object.entries(scope).map(([name, value]) => [name, namesIn(value)]));
}

function namesIn(value: unknown): KnownNames | "any" {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "any";
  return knownNames(value as Scope);
}
