// libvirt's daemons, and the device that they look at before they answer.

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
 * Starts a daemon that nobody has started: through systemd where it runs the machine, else by itself.
 *
 * @param {string} daemon
 * @param {string[]} sockets
 */
async function provideDaemon(daemon, sockets) {
  if (await isRunning(sockets)) return;
  const command = existsSync("/run/systemd/system") ? ["systemctl", "start", daemon] : [daemon, "-d"];
  if (!findInstalled(command[0] ?? "")) return warn(`${daemon} is not installed and not running`);
  if (!isRoot())
    throw new SetupError(`${daemon} does not run, and only root can start it.`, `sudo ${command.join(" ")}`);
  await step(`starting ${daemon}`, async () => {
    const [program = "", ...args] = command;
    await run(program, args);
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
