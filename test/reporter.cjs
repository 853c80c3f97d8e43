"use strict";

const fs = require("node:fs");
const { reporters, Runner } = require("mocha");

/** Mocha's ordinary report; the counts go to the file that CHECK_COUNTS names, for test/run.mjs. */
class CountingReporter extends reporters.Spec {
  /**
   * @param {import("mocha").Runner} runner
   * @param {import("mocha").MochaOptions} options
   */
  constructor(runner, options) {
    super(runner, options);
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes = 0, failures = 0, pending = 0 } = runner.stats ?? {};
      fs.writeFileSync(
        String(process.env.CHECK_COUNTS),
        JSON.stringify({ passed: passes, failed: failures, skipped: pending }),
      );
    });
  }
}

module.exports = CountingReporter;
