// libvirt's daemons, and the device that they look at before they answer.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { SetupError, step, warn } from "../lib/console.mjs";
import { findInstalled } from "../lib/places.mjs";
import { ask, run } from "../lib/run.mjs";

const KVM = "/dev/kvm";
const GROUP_MAY_USE = 0o060;
/** Sockets of the one daemon, and of the modular ones of newer systems. */
const LIBVIRT = ["/run/libvirt/libvirt-sock", "/run/libvirt/virtqemud-sock"];
const VIRTLOGD = ["/run/libvirt/virtlogd-sock"];
const START_TRIES = 100;
const START_PAUSE_MS = 100;

const isRoot = () => process.getuid?.() === 0;

/**
 * A KVM device that QEMU's user may not open makes every question about libvirt's capabilities take many seconds.
 */
export async function repairKvmDevice() {
  if (!existsSync(KVM)) return;
  const { mode } = statSync(KVM);
  if ((mode & GROUP_MAY_USE) === GROUP_MAY_USE) return;
  const commands = `chgrp kvm ${KVM} && chmod 660 ${KVM}`;
  const problem = `${KVM} has mode ${(mode & 0o777).toString(8).padStart(4, "0")}: libvirt will be slow`;
  if (!isRoot() || ask("getent", ["group", "kvm"]) === undefined) {
    warn(`${problem}. As root: ${commands}`);
    return;
  }
  await step(`${problem}; running ${commands}`, async () => {
    await run("chgrp", ["kvm", KVM]);
    await run("chmod", ["660", KVM]);
  });
}

/** @param {string} path @returns {Promise<boolean>} whether somebody listens there */
function answers(path) {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (/** @type {NodeJS.ErrnoException} */ error) => resolve(error.code === "EACCES"));
  });
}

/** @param {string[]} sockets */
async function isRunning(sockets) {
  for (const socket of sockets) if (await answers(socket)) return true;
  return false;
}

/**
 * How a daemon that nobody has started is started. Without systemd it runs under tini where that is installed: libvirt
 * lets QEMU go to the first process and waits for the end of one that it has killed, and a first process that looks for
 * ended ones every other second makes each power-off that much longer. tini adopts them and notices at once.
 *
 * @param {string} daemon
 * @param {{ systemd: boolean, tini: string | undefined }} machine whether systemd runs it; path of tini
 * @returns {{ argv: string[], stays: boolean }} the command, and whether it goes on running with the daemon
 */
export function startCommand(daemon, { systemd, tini }) {
  if (systemd) return { argv: ["systemctl", "start", daemon], stays: false };
  if (tini) return { argv: [tini, "-s", "--", daemon], stays: true };
  return { argv: [daemon, "-d"], stays: false };
}

/**
 * @param {string} daemon
 * @param {string[]} argv
 */
async function startInBackground(daemon, [program = "", ...args]) {
  const env = { ...process.env, LIBVIRT_LOG_OUTPUTS: `3:file:/var/log/libvirt/${daemon}.log` };
  const child = spawn(program, args, { cwd: "/", detached: true, env, stdio: "ignore" });
  await once(child, "spawn");
  child.unref();
}

/**
 * Starts a daemon that nobody has started.
 *
 * @param {string} daemon
 * @param {string[]} sockets
 */
async function provideDaemon(daemon, sockets) {
  if (await isRunning(sockets)) return;
  if (!findInstalled(daemon)) return warn(`${daemon} is not installed and not running`);
  const systemd = existsSync("/run/systemd/system");
  const { argv, stays } = startCommand(daemon, { systemd, tini: findInstalled("tini") });
  if (!isRoot())
    throw new SetupError(`${daemon} does not run, and only root can start it.`, `sudo ${argv.join(" ")}`);
  await step(`starting ${daemon}`, async () => {
    const [program = "", ...args] = argv;
    await (stays ? startInBackground(daemon, argv) : run(program, args));
    for (let tries = 0; tries < START_TRIES; tries += 1) {
      if (await isRunning(sockets)) return;
      await delay(START_PAUSE_MS);
    }
    throw new SetupError(
      `${daemon} was started and does not answer at ${sockets.join(" or ")}`,
      "Look into its log.",
    );
  });
}

export async function provideServices() {
  await repairKvmDevice();
  await provideDaemon("virtlogd", VIRTLOGD);
  await provideDaemon("libvirtd", LIBVIRT);
}
