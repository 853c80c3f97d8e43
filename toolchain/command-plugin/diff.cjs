"use strict";

const { hasUnknown, kindOf, reveal, UNKNOWN } = require("./values.cjs");

/**
 * One difference: the path of a property as Pulumi writes it, and what happened to it.
 * @typedef {{ path: string, kind: "ADD" | "DELETE" | "UPDATE" }} Difference
 */

/**
 * @param {string} path
 * @param {string} key
 */
function join(path, key) {
  if (/^[A-Za-z_$][\w$]*$/.test(key)) return path ? `${path}.${key}` : key;
  return `${path}[${JSON.stringify(key)}]`;
}

/**
 * @param {any} before
 * @param {any} after
 * @param {string} path
 * @returns {Difference[]}
 */
function compare(before, after, path) {
  if (before === undefined && after === undefined) return [];
  if (before === undefined) return [{ path, kind: "ADD" }];
  if (after === undefined) return [{ path, kind: "DELETE" }];
  if (after === UNKNOWN || before === UNKNOWN) return [{ path, kind: "UPDATE" }];
  if (kindOf(before) || kindOf(after)) {
    const same = kindOf(before) === kindOf(after) && before.hash === after.hash && !hasUnknown(after);
    return same ? [] : [{ path, kind: "UPDATE" }];
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const length = Math.max(before.length, after.length);
    return Array.from({ length }, (_, at) => compare(before[at], after[at], `${path}[${at}]`)).flat();
  }
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) => compare(before[key], after[key], join(path, key)));
  }
  return before === after ? [] : [{ path, kind: "UPDATE" }];
}

/** @param {any} value */
function isObject(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/**
 * What differs between the inputs that a resource was made with and those it shall have now.
 *
 * @param {import("./values.cjs").Properties} before the resource's state; what is no input in it is left out
 * @param {import("./values.cjs").Properties} after
 * @param {string[]} inputs names of the resource's inputs
 * @returns {Difference[]}
 */
function inputDifferences(before, after, inputs) {
  const [old, now] = [reveal(before), reveal(after)];
  return inputs.flatMap((name) => compare(old[name] ?? undefined, now[name] ?? undefined, name));
}

module.exports = { inputDifferences };
