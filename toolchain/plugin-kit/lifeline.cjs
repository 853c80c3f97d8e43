"use strict";

/** How often a plugin looks whether the engine that started it still lives, in milliseconds. */
const LOOK_EVERY_MS = 500;

/**
 * Calls `onOrphaned` once when the process that started this one is gone.
 *
 * An engine that is killed closes no connection politely and sends no signal, so its plugins would go on alone. A
 * process whose parent dies is handed to another one: a changed parent id is the sign.
 *
 * @param {() => void} onOrphaned
 * @returns {() => void} stops watching
 */
function watchParent(onOrphaned) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onOrphaned();
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

module.exports = { watchParent };
