"use strict";

const { createHash } = require("node:crypto");
const fs = require("node:fs");

// The marks with which Pulumi's wire format sets special values apart from plain objects
// (`sdk/go/common/resource/sig` of github.com/pulumi/pulumi).
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const ASSET = "c44067f5952c0a294b673a41bacd8c17";
const ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7";
/** Stands for a value that is not known before the update has run. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/**
 * A value as it comes from the engine: JSON, with special values as objects that carry a signature.
 * @typedef {any} Value
 * @typedef {Record<string, Value>} Properties
 */

/**
 * @param {Value} value
 * @returns {boolean}
 */
function isSecret(value) {
  return value !== null && typeof value === "object" && value[SIGNATURE] === SECRET;
}

/**
 * The same value with all secrets in the clear, for use and comparison inside the plugin.
 *
 * @param {Value} value
 * @returns {Value}
 */
function reveal(value) {
  if (isSecret(value)) return reveal(value.value);
  if (Array.isArray(value)) return value.map(reveal);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, reveal(inner)]));
}

/**
 * @param {Value} value
 * @returns {Value} the value, marked as secret once
 */
function asSecret(value) {
  return isSecret(value) ? value : { [SIGNATURE]: SECRET, value };
}

/**
 * @param {Value} value
 * @returns {boolean} whether something in it is not known yet
 */
function hasUnknown(value) {
  if (value === UNKNOWN) return true;
  if (Array.isArray(value)) return value.some(hasUnknown);
  return value !== null && typeof value === "object" && Object.values(value).some(hasUnknown);
}

/**
 * A file as an asset, with the digest by which Pulumi notices changes.
 * @param {string} path
 * @returns {Value}
 */
function fileAsset(path) {
  const hash = createHash("sha256").update(fs.readFileSync(path)).digest("hex");
  return { [SIGNATURE]: ASSET, hash, path, text: "", uri: "" };
}

/**
 * Assets by name, as one archive.
 * @param {Record<string, Value>} assets
 * @returns {Value}
 */
function assetArchive(assets) {
  const hash = createHash("sha256");
  for (const name of Object.keys(assets).sort()) hash.update(`${name}\0${assets[name].hash}\n`);
  return { [SIGNATURE]: ARCHIVE, hash: hash.digest("hex"), assets, path: "", uri: "" };
}

/**
 * @param {Value} value without secrets
 * @returns {"asset" | "archive" | undefined}
 */
function kindOf(value) {
  if (value?.[SIGNATURE] === ASSET) return "asset";
  return value?.[SIGNATURE] === ARCHIVE ? "archive" : undefined;
}

module.exports = { UNKNOWN, reveal, asSecret, hasUnknown, fileAsset, assetArchive, kindOf };
