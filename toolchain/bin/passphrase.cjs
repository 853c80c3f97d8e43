"use strict";

// Whether the passphrase that `make setup` generated is the one of a stack in a file backend, or the stack has none yet:
//
//   node passphrase.cjs <project's folder> <backend's address> <arguments of pulumi>
//
// Exit code 0: it may be used. Else the state is somebody's own, and they are told.

const { createDecipheriv, pbkdf2Sync } = require("node:crypto");
const { existsSync, readdirSync, readFileSync } = require("node:fs");
const { userInfo } = require("node:os");
const path = require("node:path");

/** Pulumi's own numbers for keys from passphrases. */
const ITERATIONS = 1_000_000;
const KEY_BYTES = 32;
const TAG_BYTES = 16;
const KNOWN_TEXT = "pulumi";

const [folder = "", backend = "", ...args] = process.argv.slice(2);

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** @returns {string | undefined} the stack that the arguments name */
function namedStack() {
  for (const [index, arg] of args.entries()) {
    if (arg === "-s" || arg === "--stack") return args[index + 1];
    if (arg.startsWith("--stack=")) return arg.slice("--stack=".length);
  }
  return undefined;
}

/** @param {string} stack @returns {string[]} what Pulumi keeps to know a passphrase by, of a stack's settings and state */
function saltsOf(stack) {
  const settings = read(path.join(folder, `Pulumi.${stack}.yaml`));
  const project = /^name:\s*["']?([A-Za-z0-9_.-]+)/m.exec(read(path.join(folder, "Pulumi.yaml")))?.[1] ?? "";
  const address = decodeURI(backend.slice("file://".length).replace(/\?.*$/, ""));
  const root = path.resolve(folder, address.replace(/^~(?=$|\/)/, userInfo().homedir));
  const stacks = path.join(root, ".pulumi", "stacks");
  const state = [path.join(stacks, project, `${stack}.json`), path.join(stacks, `${stack}.json`)].find(
    existsSync,
  );
  return [
    /^encryptionsalt:\s*["']?([^\s"']+)/m.exec(settings)?.[1],
    /"salt":\s*"([^"]+)"/.exec(state === undefined ? "" : read(state))?.[1],
  ].flatMap((salt) => salt ?? []);
}

/** @param {string} salt @param {string} passphrase */
function opens(salt, passphrase) {
  const [, saltBytes = "", , nonce = "", sealed = ""] = salt.split(":");
  const bytes = Buffer.from(sealed, "base64");
  try {
    const key = pbkdf2Sync(passphrase, Buffer.from(saltBytes, "base64"), ITERATIONS, KEY_BYTES, "sha256");
    const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64"));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return decipher.update(bytes.subarray(0, -TAG_BYTES)).toString() + decipher.final("utf8") === KNOWN_TEXT;
  } catch {
    return false;
  }
}

const named = namedStack();
const stacks = named
  ? [named.split("/").at(-1) ?? ""]
  : readdirSync(folder).flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? []);
const passphrase = read(path.join(folder, ".guest-farm", "passphrase")).trim();
const foreign = stacks.filter((stack) => !saltsOf(stack).every((salt) => opens(salt, passphrase)));
if (foreign.length > 0) {
  process.stderr.write(
    `guest-farm: ${foreign.join(", ")}: made with another passphrase than the one in .guest-farm/passphrase, which is not used; ` +
      "set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE\n",
  );
}
process.exitCode = foreign.length > 0 ? 1 : 0;
