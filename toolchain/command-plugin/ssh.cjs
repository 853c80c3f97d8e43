"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { setTimeout: delay } = require("node:timers/promises");
const { runChild, startChild } = require("./child.cjs");
const { secretFolder, writeHostFiles } = require("./ssh-files.cjs");

const TARGET = "target";
const PROXY = "proxy";
const DEFAULT_ATTEMPTS = 10;
const FIRST_PAUSE_MS = 100;
const PAUSE_GROWTH = 1.5;
const LONGEST_PAUSE_MS = 5000;
const LOOK_EVERY_MS = 20;
/** OpenSSH's last words when a host key is not the pinned one: another attempt would end the same. */
const WRONG_KEY = "Host key verification failed";

/**
 * A login on a remote host that commands and file transfers share.
 * @typedef {object} Session
 * @property {(command: string, options: Omit<import("./child.cjs").ChildOptions, "env"> & { environment: Record<string, string> }) => Promise<import("./child.cjs").Ending>} run
 * @property {(batch: string[]) => Promise<import("./child.cjs").Ending>} sftp runs commands of OpenSSH's `sftp`
 * @property {(content: string) => string} textFile puts text into a file that is gone with the session
 */

/**
 * The environment of our `ssh` processes: questions are answered by a program, never by a terminal.
 * @param {string} askpass
 */
const askpassEnvironment = (askpass) => ({
  SSH_ASKPASS: askpass,
  SSH_ASKPASS_REQUIRE: "force",
  DISPLAY: "none:0",
});

/**
 * Logs in, lets `use` work, and logs out.
 *
 * @template T
 * @param {import("./ssh-files.cjs").Connection} connection
 * @param {(line: string) => void} show
 * @param {(session: Session) => Promise<T>} use
 * @returns {Promise<T>}
 * @throws {Error} with OpenSSH's words when the host cannot be reached in the attempts allowed
 */
async function withSession(connection, show, use) {
  const { folder, remove } = secretFolder();
  /** @type {import("node:child_process").ChildProcess | undefined} */
  let master;
  try {
    const { config, askpass } = writeFiles(folder, connection);
    const env = { ...process.env, ...askpassEnvironment(askpass) };
    const socket = path.join(folder, "socket");
    master = await dial(["ssh", "-F", config, "-o", `ControlPath=${socket}`], env, socket, connection, show);
    return await use(session(folder, config, socket, env));
  } finally {
    master?.kill("SIGKILL");
    remove();
  }
}

/**
 * @param {string} folder
 * @param {import("./ssh-files.cjs").Connection} connection
 */
function writeFiles(folder, connection) {
  if (!connection.proxy) return writeHostFiles(folder, TARGET, connection, []);
  const proxy = writeHostFiles(folder, PROXY, connection.proxy, []);
  const hop = `env SSH_ASKPASS=${proxy.askpass} ssh -F ${proxy.config} -W [%h]:%p ${PROXY}`;
  return writeHostFiles(folder, TARGET, connection, [`ProxyCommand ${hop}`]);
}

/**
 * Opens the shared connection, again and again until it works or the attempts are used up.
 *
 * @param {string[]} ssh
 * @param {NodeJS.ProcessEnv} env
 * @param {string} socket
 * @param {import("./ssh-files.cjs").Connection} connection
 * @param {(line: string) => void} show
 */
async function dial(ssh, env, socket, connection, show) {
  const limit = connection.dialErrorLimit ?? DEFAULT_ATTEMPTS;
  let pause = FIRST_PAUSE_MS;
  for (let attempt = 1; ; attempt += 1) {
    const { master, problem } = await dialOnce(ssh, env, socket);
    if (master) return master;
    if (problem?.includes(WRONG_KEY))
      throw new Error(`the host key of ${connection.host} is not the pinned one`);
    if (limit >= 0 && attempt > limit) throw new Error(`after ${limit} failed attempts: ${problem}`);
    show(`Dial ${attempt}/${limit < 0 ? "inf" : limit} failed: retrying`);
    await delay(pause);
    pause = Math.min(pause * PAUSE_GROWTH, LONGEST_PAUSE_MS);
  }
}

/**
 * @param {string[]} ssh
 * @param {NodeJS.ProcessEnv} env
 * @param {string} socket
 * @returns {Promise<{ master?: import("node:child_process").ChildProcess, problem?: string }>}
 */
async function dialOnce(ssh, env, socket) {
  // The shared connection must let through whatever variables the commands over it send.
  const master = startChild([...ssh, "-o", "SendEnv=*", "-M", "-N", TARGET], {
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let words = "";
  let ended = false;
  master.stderr?.on("data", (/** @type {Buffer} */ chunk) => (words += chunk.toString()));
  master.once("error", (error) => {
    words += error.message;
    ended = true;
  });
  master.once("close", () => (ended = true));
  while (!ended) {
    if (fs.existsSync(socket)) return { master };
    await delay(LOOK_EVERY_MS);
  }
  return { problem: words.trim() || "ssh ended without a word" };
}

/**
 * @param {string} folder
 * @param {string} config
 * @param {string} socket
 * @param {NodeJS.ProcessEnv} env
 * @returns {Session}
 */
function session(folder, config, socket, env) {
  let files = 0;
  return {
    run: (command, { environment, ...options }) => {
      // In a file, because arguments can be read by everybody on this machine.
      const commandConfig = path.join(folder, `command-${(files += 1)}`);
      const names = Object.keys(environment);
      const lines = [
        `Include ${config}`,
        `Match all`,
        `RemoteCommand ${asOneLine(command).replaceAll("%", "%%")}`,
        ...(names.length > 0 ? [`SendEnv ${names.join(" ")}`] : []),
      ];
      fs.writeFileSync(commandConfig, `${lines.join("\n")}\n`, { mode: 0o600 });
      const argv = ["ssh", "-F", commandConfig, "-S", socket, "-T", TARGET];
      return runChild(argv, { ...options, env: { ...env, ...environment } });
    },
    sftp: (batch) => {
      const argv = ["sftp", "-q", "-F", config, "-o", `ControlPath=${socket}`, "-b", "-", TARGET];
      return runChild(argv, { env, stdin: `${batch.join("\n")}\n` });
    },
    textFile: (content) => {
      const file = path.join(folder, `text-${(files += 1)}`);
      fs.writeFileSync(file, content, { mode: 0o644 });
      return file;
    },
  };
}

/**
 * A command on one line, as OpenSSH's configuration needs it. One of several lines is spelled out with escapes and
 * evaluated by the remote POSIX shell.
 *
 * @param {string} command
 */
function asOneLine(command) {
  const trimmed = command.trim();
  if (!/[\n\r]/.test(trimmed)) return trimmed;
  const octal = [...Buffer.from(command)].map((byte) => `\\0${byte.toString(8).padStart(3, "0")}`).join("");
  return `eval "$(printf %b '${octal}')"`;
}

module.exports = { withSession };
