"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { kindOf } = require("./values.cjs");
const { withSession } = require("./ssh.cjs");

/**
 * Why a source cannot be copied; undefined when it can.
 * @param {import("./values.cjs").Value} source
 * @returns {string | undefined}
 */
function sourceMistake(source) {
  const kind = kindOf(source);
  if (!kind) return "either asset or archive must be set";
  if (kind === "asset" && (source.uri || (!source.path && source.text === undefined)))
    return "asset must be a path-based file asset or a text asset";
  if (kind === "archive" && !source.path) return "archive must be a path to a file or directory";
  return undefined;
}

/**
 * A path for a command of `sftp`.
 * @param {string} file
 */
function quoted(file) {
  if (/[\n\r]/.test(file)) throw new Error(`cannot copy ${JSON.stringify(file)}: a line break in its name`);
  return `"${file.replace(/["\\]/g, "\\$&")}"`;
}

/**
 * The folders above a remote path, from the top.
 * @param {string} remote
 * @returns {string[]}
 */
function parents(remote) {
  const above = path.posix.dirname(remote);
  return above === "." || above === "/" || above === remote ? [] : [...parents(above), above];
}

/**
 * The commands that copy a file or folder as it is.
 * @param {string} local
 * @param {string} remote
 * @returns {string[]}
 */
function copyCommands(local, remote) {
  if (!fs.statSync(local).isDirectory()) return [`put ${quoted(local)} ${quoted(remote)}`];
  const inside = fs.readdirSync(local).sort();
  return [
    // The minus sign: the folder may be there.
    `-mkdir ${quoted(remote)}`,
    ...inside.flatMap((name) => copyCommands(path.join(local, name), path.posix.join(remote, name))),
  ];
}

/**
 * Where a source goes: into a remote folder that exists, else to the path itself. A local folder is copied as a folder,
 * its content alone when its path ends in a slash.
 *
 * @param {string} local
 * @param {string} remote
 * @param {boolean} remoteIsFolder
 */
function destination(local, remote, remoteIsFolder) {
  const base = path.posix.join(remote, path.basename(local));
  if (fs.statSync(local).isDirectory()) return local.endsWith("/") ? remote : base;
  return remoteIsFolder ? base : remote;
}

/**
 * @param {import("./ssh.cjs").Session} session
 * @param {string} remote
 * @returns {Promise<"folder" | "file" | "none">}
 */
async function kindOfRemote(session, remote) {
  const asFolder = await session.sftp([`cd ${quoted(remote)}`]);
  if (asFolder.code === 0) return "folder";
  const asFile = await session.sftp([`ls -l ${quoted(remote)}`]);
  return asFile.code === 0 ? "file" : "none";
}

/**
 * Copies a file, a folder or a text to a remote host.
 *
 * @param {import("./values.cjs").Properties} inputs without secrets' marks
 * @param {(line: string) => void} show
 * @throws {Error} with the words of `sftp`
 */
async function copyToRemote(inputs, show) {
  const { source, remotePath, connection } = inputs;
  await withSession(/** @type {any} */ (connection), show, async (session) => {
    const remote = await kindOfRemote(session, remotePath);
    const isText = kindOf(source) === "asset" && !source.path;
    if (isText && remote === "folder") {
      throw new Error(`remote path ${remotePath} is a directory; for a text asset it must be a file`);
    }
    const local = isText ? session.textFile(source.text) : source.path;
    const isFolder = fs.statSync(local).isDirectory();
    if (isFolder && remote === "file")
      throw new Error(`remote path ${remotePath} exists but is not a directory`);
    const ending = await session.sftp([
      ...parents(remotePath).map((folder) => `-mkdir ${quoted(folder)}`),
      ...(isFolder ? [`-mkdir ${quoted(remotePath)}`] : []),
      ...copyCommands(local, isText ? remotePath : destination(local, remotePath, remote === "folder")),
    ]);
    if (ending.code !== 0) {
      const words = ending.stderr.trim();
      throw new Error(`failed to copy ${isText ? "text" : local} to remote path ${remotePath}: ${words}`);
    }
  });
}

module.exports = { copyToRemote, sourceMistake };
