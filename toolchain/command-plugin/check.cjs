"use strict";

const { sourceMistake } = require("./copy-to-remote.cjs");
const { asSecret, hasUnknown, reveal } = require("./values.cjs");

const LOGGING = ["stdout", "stderr", "stdoutAndStderr", "none"];
const LOGIN_DEFAULTS = { port: 22, user: "root", dialErrorLimit: 10, perDialTimeout: 15 };

/** @typedef {{ property: string, reason: string }} Mistake */

/**
 * @param {any} value
 * @param {Record<string, any>} schema
 * @returns {string | undefined} what was expected, when the value is something else
 */
function mismatch(value, schema) {
  if (value === undefined || value === null || hasUnknown(value)) return undefined;
  const isText = (/** @type {unknown} */ one) => typeof one === "string";
  if (schema.$ref?.endsWith("Logging"))
    return LOGGING.includes(value) ? undefined : `one of ${LOGGING.join(", ")}`;
  if (schema.type === "string") return isText(value) ? undefined : "a string";
  if (schema.type === "boolean") return typeof value === "boolean" ? undefined : "true or false";
  if (schema.type === "array" && !Array.isArray(value)) return "a list";
  if (schema.type === "array" && schema.items.type === "string")
    return value.every(isText) ? undefined : "a list of strings";
  if (schema.additionalProperties?.type === "string")
    return typeof value === "object" && Object.values(value).every(isText) ? undefined : "strings by name";
  return undefined;
}

/**
 * What is wrong with a resource's inputs.
 *
 * @param {import("./properties.cjs").PropertyTable} table
 * @param {import("./values.cjs").Properties} inputs
 * @returns {Mistake[]}
 */
function mistakesIn(table, inputs) {
  const plain = reveal(inputs);
  /** @type {Mistake[]} */
  const mistakes = [];
  for (const [name, { schema, required }] of Object.entries(table)) {
    const expected = mismatch(plain[name], schema);
    if (expected) mistakes.push({ property: name, reason: `must be ${expected}` });
    if (required && (plain[name] === undefined || plain[name] === null))
      mistakes.push({ property: name, reason: `missing required property '${name}'` });
  }
  const { connection, source } = plain;
  if (connection && !hasUnknown(connection) && typeof connection.host !== "string")
    mistakes.push({ property: "connection.host", reason: "missing required property 'host'" });
  const mistake = source && !hasUnknown(source) ? sourceMistake(source) : undefined;
  if (mistake) mistakes.push({ property: "source", reason: mistake });
  return mistakes;
}

/**
 * The inputs with what the schema says when they do not, and connections marked as secret.
 *
 * @param {import("./properties.cjs").PropertyTable} table
 * @param {import("./values.cjs").Properties} inputs
 * @returns {import("./values.cjs").Properties}
 */
function withDefaults(table, inputs) {
  const complete = { ...inputs };
  for (const [name, { fallback, secret }] of Object.entries(table)) {
    if (complete[name] === undefined && fallback !== undefined) complete[name] = fallback;
    if (secret && complete[name] !== undefined)
      complete[name] = asSecret(loginWithDefaults(reveal(complete[name])));
  }
  return complete;
}

/** @param {any} login */
function loginWithDefaults(login) {
  if (login === null || typeof login !== "object") return login;
  const proxy = login.proxy ? { proxy: { ...LOGIN_DEFAULTS, ...login.proxy } } : {};
  return { ...LOGIN_DEFAULTS, ...login, ...proxy };
}

module.exports = { mistakesIn, withDefaults };
