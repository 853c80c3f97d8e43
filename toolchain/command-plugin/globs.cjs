"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { fileAsset } = require("./values.cjs");

const META = /[.+^$()|\\]/;

/**
 * Translates a path pattern: `*` and `?` stay within a folder, `**` does not; `[abc]`, `[!abc]` and `{a,b}` as in a
 * shell; a backslash takes the next character as it is.
 *
 * @param {string} pattern
 * @returns {RegExp}
 */
function compile(pattern) {
  let source = "";
  let depth = 0;
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern.charAt(at);
    if (character === "*" && pattern[at + 1] === "*") {
      source += ".*";
      at += 1;
    } else if (character === "*") source += "[^/]*";
    else if (character === "?") source += "[^/]";
    else if (character === "\\") {
      at += 1;
      source += `\\${pattern.charAt(at)}`;
    } else if (character === "[") {
      const end = pattern.indexOf("]", at + 2);
      if (end < 0) throw new Error(`path pattern ${pattern}: "[" without "]"`);
      source += `[${pattern
        .slice(at + 1, end)
        .replace(/^!/, "^")
        .replaceAll("\\", "\\\\")}]`;
      at = end;
    } else if (character === "{") {
      depth += 1;
      source += "(?:";
    } else if (character === "}" && depth > 0) {
      depth -= 1;
      source += ")";
    } else if (character === "," && depth > 0) source += "|";
    else source += META.test(character) ? `\\${character}` : character;
  }
  if (depth > 0) throw new Error(`path pattern ${pattern}: "{" without "}"`);
  return new RegExp(`^${source}$`, "s");
}

/**
 * All files below a folder, as paths relative to it with `/`.
 * @param {string} folder
 * @param {string} [below]
 * @returns {Generator<string>}
 */
function* walk(folder, below = "") {
  for (const entry of fs.readdirSync(path.join(folder, below), { withFileTypes: true })) {
    const name = below ? `${below}/${entry.name}` : entry.name;
    if (entry.isDirectory()) yield* walk(folder, name);
    else yield name;
  }
}

/**
 * The files that a list of patterns selects. Patterns act in order: one that starts with `!` takes files out again.
 *
 * @param {string} folder
 * @param {string[]} patterns
 * @returns {Record<string, import("./values.cjs").Value>} assets by path relative to the folder
 */
function selectAssets(folder, patterns) {
  const rules = patterns.map((pattern) => ({
    exclude: pattern.startsWith("!"),
    matches: compile(pattern.replace(/^!/, "")),
  }));
  const selected = [...walk(folder)].filter((name) =>
    rules.reduce((taken, rule) => (rule.matches.test(name) ? !rule.exclude : taken), false),
  );
  return Object.fromEntries(selected.map((name) => [name, fileAsset(path.join(folder, name))]));
}

module.exports = { compile, selectAssets };
