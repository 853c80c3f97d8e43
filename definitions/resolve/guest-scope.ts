import type { Scope } from "../expressions";
import type { GuestSeat } from "../guests/expand";
import { guestShape } from "../schemas/guest";
import type { MapNode } from "../source/node";
import type { Evaluator } from "./evaluate-node";
import { ownEntries } from "./own-keys";

/** Keys of a definition that mean something to guest-farm. */
export const KNOWN_KEYS: ReadonlySet<string> = new Set(Object.keys(guestShape));

/** The merged definitions that one guest's expressions may look into. */
export interface ScopeLayers {
  readonly target: MapNode;
  readonly platform: MapNode;
  /** Everything merged, for this guest. */
  readonly full: MapNode;
}

/**
 * What `${{ }}` sees in definitions: `stack`, `guest`, `platform`, `target` (each with its keys, the user's own among
 * them) and `vars`. Nothing is evaluated before it is asked for.
 */
export function guestScope(
  stack: string,
  seat: GuestSeat,
  names: { readonly hostname: string; readonly domain: string },
  layers: ScopeLayers,
  evaluator: Evaluator,
): Scope {
  const scope: Record<string, unknown> = { stack };
  const define = (key: string, make: () => Record<string, unknown>) => {
    let made: Record<string, unknown> | undefined;
    Object.defineProperty(scope, key, { enumerable: true, get: () => (made ??= make()) });
  };
  const definition = (label: string, node: MapNode, fixed: Readonly<Record<string, unknown>>) => {
    const known = [...node.entries].filter(([key]) => key !== "vars" && key !== "properties");
    const entries = new Map([...known, ...ownEntries(node, KNOWN_KEYS)]);
    Object.keys(fixed).forEach((key) => entries.delete(key));
    return Object.assign(
      evaluator.lazy(entries, () => scope, label),
      fixed,
    );
  };
  const { name, platform, target } = seat;
  const hostname = layers.full.entries.has("hostname") ? {} : { hostname: names.hostname };
  define("guest", () =>
    definition("guest", layers.full, { name, platform, target, domain: names.domain, ...hostname }),
  );
  define("platform", () => definition("platform", layers.platform, { name: platform }));
  define("target", () => definition("target", layers.target, { name: target }));
  define("vars", () => {
    const vars = layers.full.entries.get("vars");
    return evaluator.lazy(vars?.kind === "map" ? vars.entries : new Map(), () => scope, "vars");
  });
  return scope;
}
