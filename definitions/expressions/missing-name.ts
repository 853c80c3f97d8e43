import { nearestName, oneOf } from "../nearest";
import type { ExpressionProblem } from "./expression-error";
import type { Expression } from "./syntax-tree";

/** What to do about a name that nothing there resembles. */
const REMEDIES: Readonly<Record<string, string>> = {
  secrets: "name it in `secrets` of the project",
  vars: "give it a value in `vars`",
};

/**
 * A name that is not there.
 *
 * @param path what it was looked for in, as written; empty: the scope itself
 */
export function missingName(
  name: string,
  place: Expression,
  path: string,
  known: readonly string[],
): ExpressionProblem {
  const nearest = nearestName(name, known);
  const remedy = REMEDIES[path];
  return {
    offset: place.offset,
    length: place.length,
    what: `${path === "" ? "there is no name" : `${path} has no`} "${name}"`,
    found: name,
    allowed: oneOf(known),
    ...(nearest !== undefined ? { nearest } : remedy !== undefined ? { remedy } : {}),
  };
}
