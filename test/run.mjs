// `make test`: all checks in order, their output as it comes, and as the last line how many passed and failed.
//
//   node test/run.mjs [lint] [typecheck] [unit] [engine] [e2e] [machines] [farms] [operations] [reliability] [arm64] [nested]     (default: the first five)

import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const checkout = dirname(here);
const tools = [join(checkout, ".guest-farm", "toolchain", "bin"), join(checkout, "node_modules", ".bin")];
const path = [...tools, process.env.PATH].join(delimiter);
const work = mkdtempSync(join(tmpdir(), "guest-farm-checks-"));
process.on("exit", () => rmSync(work, { recursive: true, force: true }));

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/** @param {string[]} argv @param {NodeJS.ProcessEnv} [more] */
function succeeds([program = "", ...args], more) {
  process.stdout.write(`$ ${[program, ...args].join(" ")}\n`);
  return (
    spawnSync(program, args, {
      cwd: checkout,
      stdio: "inherit",
      env: { ...process.env, PATH: path, ...more },
    }).status === 0
  );
}

/** @param {string[][]} commands each counts as one check @returns {Counts} */
function commands(...commands) {
  const passed = commands.filter((argv) => succeeds(argv)).length;
  return { passed, failed: commands.length - passed, skipped: 0 };
}

/** @param {string} suite a folder of `test/` @returns {Counts} */
function mocha(suite) {
  const folder = join(here, suite);
  const tests = existsSync(folder) ? readdirSync(folder, { recursive: true }).map(String) : [];
  if (!tests.some((file) => file.endsWith(".test.ts"))) return { passed: 0, failed: 0, skipped: 0 };
  const counts = join(work, `${suite}.json`);
  const config = join(folder, ".mocharc.json");
  const args = [
    ...(existsSync(config) ? ["--config", config] : ["--require", "tsx/cjs"]),
    // Not in the configuration: mocha would add it to the files that somebody names to run them alone.
    `test/${suite}/**/*.test.ts`,
    ...["--reporter", join(here, "reporter.cjs")],
    // Tests of processes take longer on a busy machine; one that has its own limit keeps it.
    ...(existsSync(config) ? [] : ["--timeout", "20000"]),
    // What a failed test has left running must not keep the suite from ending.
    "--exit",
  ];
  const fine = succeeds(["mocha", ...args], { CHECK_COUNTS: counts });
  // Mocha that ends without a report has not run its tests.
  if (!existsSync(counts)) return { passed: 0, failed: 1, skipped: 0 };
  /** @type {Counts} */
  const result = JSON.parse(readFileSync(counts, "utf8"));
  return { ...result, failed: fine ? result.failed : Math.max(result.failed, 1) };
}

/** @type {Record<string, () => Counts>} */
const checks = {
  lint: () =>
    commands(["eslint", ".", "--max-warnings", "0"], ["prettier", "--check", "--log-level", "warn", "."]),
  typecheck: () =>
    commands(
      ["tsc", "-p", "tsconfig.json", "--noEmit"],
      ["tsc", "-p", "toolchain/tsconfig.json", "--noEmit"],
    ),
  unit: () => mocha("unit"),
  engine: () => mocha("engine"),
  e2e: () => mocha("e2e"),
  machines: () => mocha("machines"),
  farms: () => mocha("farms"),
  operations: () => mocha("operations"),
  reliability: () => mocha("reliability"),
  arm64: () => mocha("arm64"),
  nested: () => mocha("nested"),
};
/** Real guests of many kinds take long: they have targets of their own. */
const SLOW = ["machines", "farms", "operations", "reliability", "arm64", "nested"];
const USUAL = Object.keys(checks).filter((name) => !SLOW.includes(name));

/** @param {string[]} names @returns {Counts} */
function runAll(names) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const name of names) {
    const started = Date.now();
    process.stdout.write(`\n== ${name}\n`);
    const { passed, failed, skipped } = checks[name]?.() ?? { passed: 0, failed: 1, skipped: 0 };
    process.stdout.write(
      `== ${name}: ${passed} passed, ${failed} failed in ${Math.round((Date.now() - started) / 1000)} s\n`,
    );
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
  return total;
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in checks));
if (unknown.length > 0) {
  process.stderr.write(`unknown: ${unknown.join(", ")}; there are ${Object.keys(checks).join(", ")}\n`);
  process.exit(2);
}
const { passed, failed, skipped } = runAll(asked.length > 0 ? asked : USUAL);
const summary = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
if (process.env.CHECK_SUMMARY) appendFileSync(process.env.CHECK_SUMMARY, `${passed} ${failed} ${skipped}\n`);
process.stdout.write(`\n${summary}\n`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
