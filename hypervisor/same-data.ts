import { canonicalJson } from "../definitions/canonical-json";

/** Whether two values are the same data; an absent property and one that is undefined are alike. */
export function sameData(a: unknown, b: unknown): boolean {
  return canonicalJson(a) === canonicalJson(b);
}
