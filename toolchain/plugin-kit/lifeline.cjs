"use strict";

const net = require("node:net");

/** How often a plugin looks whether the engine that started it still lives, in milliseconds. */
const LOOK_EVERY_MS = 500;

/**
 * Calls `onOrphaned` once when the process that started this one is gone.
 *
 * An engine that is killed closes no connection politely and sends no signal, so its plugins would go on alone. A
 * process whose parent dies is handed to another one: a changed parent id is the sign. An engine that died before this
 * process could look is known by its address, where nobody listens any more.
 *
 * @param {() => void} onOrphaned
 * @param {string} [engineAddress] `host:port`; anything else is not asked
 * @returns {() => void} stops watching
 */
function watchParent(onOrphaned, engineAddress = "") {
  const parent = process.ppid;
  let over = false;
  const stop = () => {
    over = true;
    clearInterval(timer);
  };
  const orphaned = () => {
    if (over) return;
    stop();
    onOrphaned();
  };
  const timer = setInterval(() => {
    if (process.ppid !== parent) orphaned();
  }, LOOK_EVERY_MS);
  timer.unref();
  askOnce(engineAddress, orphaned);
  return stop;
}

/**
 * @param {string} address
 * @param {() => void} onRefused
 */
function askOnce(address, onRefused) {
  const [, host = "", port = ""] = /^(127\.0\.0\.1|localhost):(\d+)$/.exec(address) ?? [];
  if (port === "") return;
  const socket = net.connect({ host, port: Number(port) });
  socket.once("connect", () => socket.destroy());
  socket.once("error", (/** @type {NodeJS.ErrnoException} */ { code }) => {
    if (code === "ECONNREFUSED") onRefused();
  });
  socket.unref();
}

module.exports = { watchParent };
