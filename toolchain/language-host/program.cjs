"use strict";

const { spawn } = require("node:child_process");
const path = require("node:path");
const { resolveFrom } = require("./packages.cjs");

/** Loaded before the SDK's program runner. */
const LAZY_PARTS = path.join(__dirname, "..", "plugin-kit", "lazy-parts.cjs");
/** The exit code with which the SDK says: the user has been told already what went wrong. */
const ALREADY_TOLD = 32;

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();

/** @param {NodeJS.Signals} signal */
function signalPrograms(signal) {
  for (const child of running) child.kill(signal);
}

/**
 * Starts Node and keeps it in the list of those that get our signals.
 *
 * @param {string[]} args
 * @param {import("node:child_process").SpawnOptions} options
 */
function startNode(args, options) {
  const child = spawn(process.execPath, args, options);
  running.add(child);
  child.once("close", () => running.delete(child));
  return child;
}

/**
 * The environment variables that select the SDK's TypeScript loader, from the options of `runtime:` in Pulumi.yaml.
 *
 * @param {Record<string, unknown>} options
 * @returns {Record<string, string>}
 */
function loaderEnvironment(options) {
  /** @type {Record<string, string>} */
  const environment = {};
  if (options.typescript !== false) environment.PULUMI_NODEJS_TYPESCRIPT = "true";
  if (options.tsconfig) environment.PULUMI_NODEJS_TSCONFIG_PATH = String(options.tsconfig);
  return environment;
}

/**
 * @param {unknown} nodeArguments the runtime option `nodeargs`: flags for Node, separated by spaces
 * @returns {string[]}
 */
function nodeArguments(nodeArguments) {
  return typeof nodeArguments === "string" ? nodeArguments.split(/\s+/).filter(Boolean) : [];
}

/**
 * The command line of the SDK's program runner.
 *
 * @param {import("@pulumi/pulumi/proto/language_pb").RunRequest} request
 * @param {string} engineAddress
 * @param {string} tracing
 * @returns {string[]}
 */
function runnerArguments(request, engineAddress, tracing) {
  const info = request.getInfo();
  /** @type {[string, string | number | undefined][]} */
  const flags = [
    ["monitor", request.getMonitorAddress()],
    ["engine", engineAddress],
    ["organization", request.getOrganization()],
    ["project", request.getProject()],
    ["root-directory", info?.getRootDirectory()],
    ["stack", request.getStack()],
    ["pwd", request.getPwd()],
    ["parallel", request.getParallel()],
    ["tracing", tracing],
  ];
  return [
    ...flags.filter(([, value]) => value).map(([name, value]) => `--${name}=${value}`),
    ...(request.getDryrun() ? ["--dry-run"] : []),
    info?.getEntryPoint() || ".",
    ...request.getArgsList(),
  ];
}

/**
 * Runs a Pulumi program to its end.
 *
 * @param {import("@pulumi/pulumi/proto/language_pb").RunRequest} request
 * @param {string} engineAddress where the engine takes log messages
 * @param {string} tracing the engine's tracing endpoint, or ""
 * @returns {Promise<{ error: string, bail: boolean }>} `bail`: failed, and the user knows why
 */
function runProgram(request, engineAddress, tracing) {
  const info = request.getInfo();
  const folder = info?.getProgramDirectory() ?? request.getPwd();
  const options = /** @type {Record<string, unknown>} */ (info?.getOptions()?.toJavaScript() ?? {});
  const environment = {
    ...process.env,
    ...loaderEnvironment(options),
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().entries())),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
  };
  const args = [
    ...nodeArguments(options.nodeargs),
    "--require",
    LAZY_PARTS,
    resolveFrom(folder, "@pulumi/pulumi/cmd/run"),
    ...runnerArguments(request, engineAddress, tracing),
  ];
  const child = startNode(args, {
    cwd: request.getPwd(),
    env: environment,
    stdio: ["ignore", "inherit", "inherit"],
  });
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ error: `cannot start Node: ${error.message}`, bail: false }));
    child.once("close", (code, signal) => resolve(outcome(code, signal)));
  });
}

/**
 * @param {number | null} code
 * @param {NodeJS.Signals | null} signal
 */
function outcome(code, signal) {
  if (code === 0) return { error: "", bail: false };
  if (code === ALREADY_TOLD) return { error: "", bail: true };
  const how = signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
  return { error: `the program ${how}`, bail: false };
}

module.exports = { runProgram, startNode, signalPrograms, loaderEnvironment };
