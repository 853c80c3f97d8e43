"use strict";

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

/**
 * One end of a connection, as the resource's inputs give it (the SDK fills in the defaults).
 * @typedef {object} Host
 * @property {string} host
 * @property {number} [port]
 * @property {string} [user]
 * @property {string} [password]
 * @property {string} [privateKey]
 * @property {string} [privateKeyPassword]
 * @property {string} [agentSocketPath]
 * @property {string} [hostKey] of a `known_hosts` or `authorized_keys` line: type and key
 * @property {number} [perDialTimeout] seconds; 0: none
 * @property {number} [dialErrorLimit] attempts; -1: no end
 */

/** @typedef {Host & { proxy?: Host }} Connection */

/** @type {Set<string>} */
const folders = new Set();

// Keys and passwords must not outlive the plugin, however it ends.
process.on("exit", () => {
  for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true });
});

/**
 * A private folder in memory where there is one, for keys and passwords.
 * @returns {{ folder: string, remove: () => void }}
 */
function secretFolder() {
  const memory = [process.env.XDG_RUNTIME_DIR, "/dev/shm"].find(
    (candidate) => candidate && isWritable(candidate),
  );
  const folder = fs.mkdtempSync(path.join(memory ?? os.tmpdir(), "command-"));
  folders.add(folder);
  return {
    folder,
    remove: () => {
      fs.rmSync(folder, { recursive: true, force: true });
      folders.delete(folder);
    },
  };
}

/** @param {string} folder */
function isWritable(folder) {
  try {
    fs.accessSync(folder, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * A value in an OpenSSH configuration: quoted, and refused when it could start another line.
 * @param {string} value
 */
function quoted(value) {
  if (/[\n\r"]/.test(value)) throw new Error(`not a possible SSH setting: ${JSON.stringify(value)}`);
  return `"${value}"`;
}

/**
 * Writes what OpenSSH needs to reach one host: a configuration with the alias `name`, the key, the pinned host key,
 * and a program that answers its questions from files. Nothing of it is ever an argument or a variable.
 *
 * @param {string} folder
 * @param {string} name alias of the host, and prefix of the files
 * @param {Host} host
 * @param {string[]} more further lines of the configuration
 * @returns {{ config: string, askpass: string }}
 */
function writeHostFiles(folder, name, host, more) {
  /** @type {(suffix: string, content: string, mode?: number) => string} */
  const write = (suffix, content, mode = 0o600) => {
    const file = path.join(folder, `${name}${suffix}`);
    fs.writeFileSync(file, content, { mode });
    return file;
  };
  const key = host.privateKey ? write("-key", `${host.privateKey.trim()}\n`) : undefined;
  const pins = host.hostKey
    ? write("-known-hosts", `${name} ${host.hostKey.trim().split(/\s+/).slice(0, 2).join(" ")}\n`)
    : undefined;
  const password = write("-password", host.password ?? "");
  const passphrase = write("-passphrase", host.privateKeyPassword ?? "");
  const answers = `case $1 in *passphrase*) cat '${passphrase}' ;; *) cat '${password}' ;; esac`;
  const askpass = write("-askpass", `#!/bin/sh\n${answers}\n`, 0o700);
  const methods = ["publickey", ...(host.password === undefined ? [] : ["password", "keyboard-interactive"])];
  const lines = [
    `Host ${name}`,
    `HostName ${quoted(host.host)}`,
    `Port ${Number(host.port ?? 22)}`,
    `User ${quoted(host.user ?? "root")}`,
    `HostKeyAlias ${name}`,
    `StrictHostKeyChecking ${pins ? "yes" : "no"}`,
    `UserKnownHostsFile ${pins ?? "/dev/null"}`,
    "GlobalKnownHostsFile /dev/null",
    `IdentityFile ${key ?? "none"}`,
    ...(host.agentSocketPath ? [`IdentityAgent ${quoted(host.agentSocketPath)}`] : []),
    `PreferredAuthentications ${methods.join(",")}`,
    "NumberOfPasswordPrompts 1",
    `ConnectTimeout ${Number(host.perDialTimeout ?? 15)}`,
    "LogLevel ERROR",
    ...more,
  ];
  return { config: write("-config", `${lines.join("\n  ")}\n`), askpass };
}

module.exports = { secretFolder, writeHostFiles };
