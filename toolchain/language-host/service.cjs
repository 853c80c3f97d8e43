"use strict";

const { spawn } = require("node:child_process");
const grpc = require("@grpc/grpc-js");
const { Empty } = require("google-protobuf/google/protobuf/empty_pb");
const language = require("@pulumi/pulumi/proto/language_pb");
const { PluginDependency, PluginInfo, PackageDependency } = require("@pulumi/pulumi/proto/plugin_pb");
const { unary } = require("../plugin-kit/serve.cjs");
const { directDependencies, requiredPlugins, resolveFrom } = require("./packages.cjs");
const { loaderEnvironment, runProgram, signalPrograms, startNode } = require("./program.cjs");

/** @param {{ getInfo(): import("@pulumi/pulumi/proto/language_pb").ProgramInfo | undefined }} request */
const programFolder = (request) => request.getInfo()?.getProgramDirectory() ?? ".";

/** @param {import("@pulumi/pulumi/proto/language_pb").GetRequiredPackagesRequest} request */
function getRequiredPackages(request) {
  const response = new language.GetRequiredPackagesResponse();
  response.setPackagesList(
    requiredPlugins(programFolder(request)).map(({ name, version, server }) => {
      const dependency = new PackageDependency();
      dependency.setName(name);
      dependency.setKind("resource");
      dependency.setVersion(version);
      dependency.setServer(server);
      return dependency;
    }),
  );
  return response;
}

/** @param {import("@pulumi/pulumi/proto/language_pb").GetRequiredPluginsRequest} request */
function getRequiredPlugins(request) {
  const response = new language.GetRequiredPluginsResponse();
  response.setPluginsList(
    requiredPlugins(programFolder(request)).map(({ name, version, server }) => {
      const dependency = new PluginDependency();
      dependency.setName(name);
      dependency.setKind("resource");
      dependency.setVersion(version);
      dependency.setServer(server);
      return dependency;
    }),
  );
  return response;
}

/** @param {import("@pulumi/pulumi/proto/language_pb").GetProgramDependenciesRequest} request */
function getProgramDependencies(request) {
  const response = new language.GetProgramDependenciesResponse();
  response.setDependenciesList(
    directDependencies(programFolder(request)).map(({ name, version }) => {
      const dependency = new language.DependencyInfo();
      dependency.setName(name);
      dependency.setVersion(version);
      return dependency;
    }),
  );
  return response;
}

/** @param {grpc.ServerWritableStream<any, any>} call `pulumi install` */
function installDependencies(call) {
  const child = spawn("npm", ["install", "--loglevel=error"], {
    cwd: call.request.getDirectory(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  relayOutput(child, call, () => new language.InstallDependenciesResponse());
  child.once("close", (code) => {
    if (code === 0) call.end();
    else
      call.destroy(
        Object.assign(new Error(`npm install ended with ${code}`), { code: grpc.status.INTERNAL }),
      );
  });
}

/** @param {grpc.ServerWritableStream<any, any>} call runs a provider that is itself written for Node */
function runPlugin(call) {
  const request = call.request;
  const folder = programFolder(request);
  const options = request.getInfo()?.getOptions()?.toJavaScript() ?? {};
  const given = request.getEnvList().map((/** @type {string} */ pair) => {
    const at = pair.indexOf("=");
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  const child = startNode(
    [resolveFrom(folder, "@pulumi/pulumi/cmd/run-plugin"), folder, ...request.getArgsList()],
    {
      cwd: request.getPwd(),
      env: { ...Object.fromEntries(given), ...loaderEnvironment(options) },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  relayOutput(child, call, () => new language.RunPluginResponse());
  call.on("cancelled", () => child.kill("SIGINT"));
  child.once("close", (code) => {
    const last = new language.RunPluginResponse();
    last.setExitcode(code ?? 1);
    call.write(last);
    call.end();
  });
}

/**
 * Sends what a child prints to the engine as it comes.
 *
 * @param {import("node:child_process").ChildProcess} child
 * @param {grpc.ServerWritableStream<any, any>} call
 * @param {() => { setStdout(data: Uint8Array): unknown, setStderr(data: Uint8Array): unknown }} newMessage
 */
function relayOutput(child, call, newMessage) {
  /** @type {(setter: "setStdout" | "setStderr") => (data: Buffer) => void} */
  const relay = (setter) => (data) => {
    const message = newMessage();
    message[setter](data);
    call.write(message);
  };
  child.stdout?.on("data", relay("setStdout"));
  child.stderr?.on("data", relay("setStderr"));
  child.once("error", (error) => relay("setStderr")(Buffer.from(`${error.message}\n`)));
}

function getPluginInfo() {
  const info = new PluginInfo();
  info.setVersion(require("@pulumi/pulumi/package.json").version);
  return info;
}

function about() {
  const response = new language.AboutResponse();
  response.setExecutable(process.execPath);
  response.setVersion(process.version);
  return response;
}

/**
 * The handlers of `pulumirpc.LanguageRuntime` that programs, `pulumi about` and `pulumi install` need.
 *
 * @param {string} engineAddress
 * @param {string} tracing
 * @returns {grpc.UntypedServiceImplementation}
 */
function languageRuntime(engineAddress, tracing) {
  return {
    handshake: unary(() => new language.LanguageHandshakeResponse()),
    getPluginInfo: unary(getPluginInfo),
    getRequiredPlugins: unary(getRequiredPlugins),
    getRequiredPackages: unary(getRequiredPackages),
    getProgramDependencies: unary(getProgramDependencies),
    runtimeOptionsPrompts: unary(() => new language.RuntimeOptionsResponse()),
    template: unary(() => new language.TemplateResponse()),
    about: unary(about),
    run: unary(async (/** @type {import("@pulumi/pulumi/proto/language_pb").RunRequest} */ request) => {
      const { error, bail } = await runProgram(request, engineAddress, tracing);
      const response = new language.RunResponse();
      response.setError(error);
      response.setBail(bail);
      return response;
    }),
    installDependencies,
    runPlugin,
    cancel: unary(() => {
      signalPrograms("SIGINT");
      return new Empty();
    }),
  };
}

module.exports = { languageRuntime };
