import { isDeepStrictEqual } from "node:util";
import type { Registration } from "./mock-engine";

/**
 * What a second run of a program would change: by resource, the names of the inputs that differ, those of an
 * environment by variable. Resources that only one of the two has are listed as `added` and `removed`.
 */
export function differences(
  before: readonly Registration[],
  after: readonly Registration[],
): Record<string, string[]> {
  const known = new Map(before.map((one) => [`${one.type} ${one.name}`, one]));
  const changes: Record<string, string[]> = {};
  for (const now of after) {
    const then = known.get(`${now.type} ${now.name}`);
    known.delete(`${now.type} ${now.name}`);
    const changed = then === undefined ? ["added"] : changedInputs(flat(then.inputs), flat(now.inputs));
    if (changed.length > 0) changes[now.name] = changed;
  }
  for (const gone of known.values()) changes[gone.name] = ["removed"];
  return changes;
}

function changedInputs(then: Readonly<Record<string, unknown>>, now: Readonly<Record<string, unknown>>) {
  const names = [...new Set([...Object.keys(then), ...Object.keys(now)])].sort();
  return names.filter((name) => !isDeepStrictEqual(then[name], now[name]));
}

function flat({ environment, ...inputs }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const variables = Object.entries((environment ?? {}) as Record<string, unknown>);
  return {
    ...inputs,
    ...Object.fromEntries(variables.map(([name, value]) => [`environment.${name}`, value])),
  };
}
