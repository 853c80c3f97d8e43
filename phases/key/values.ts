import type { Scope } from "../../definitions/expressions";
import type { Reference } from "../expressions/references";

/** A value that phases refer to. `absent`: `default(...)` stands in for it. */
export interface ReferredValue {
  readonly reference: Reference;
  readonly value: unknown;
  readonly absent: boolean;
}

/**
 * The values behind references, sorted, without those that a wider one contains.
 */
export function referredValues(references: readonly Reference[], scope: Scope): ReferredValue[] {
  const unique = new Map(references.map((reference) => [JSON.stringify(reference), reference]));
  const all = [...unique.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, reference]) => reference);
  return all
    .filter((reference) => !all.some((other) => contains(other, reference)))
    .map((reference) => {
      const value = valueAt(reference, scope);
      return { reference, value, absent: value === undefined };
    });
}

/** `vars.build.flags`. */
export function referenceText(reference: Reference): string {
  return reference.join(".");
}

function contains(wide: Reference, narrow: Reference): boolean {
  return wide.length < narrow.length && wide.every((part, index) => part === narrow[index]);
}

function valueAt(reference: Reference, scope: Scope): unknown {
  return reference.reduce<unknown>((value, name) => {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    return (value as Record<string, unknown>)[name];
  }, scope);
}
