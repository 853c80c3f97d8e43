"use strict";

const { Empty } = require("google-protobuf/google/protobuf/empty_pb");
const { Struct } = require("google-protobuf/google/protobuf/struct_pb");
const { PluginInfo } = require("@pulumi/pulumi/proto/plugin_pb");
const rpc = require("@pulumi/pulumi/proto/provider_pb");
const { unary } = require("../plugin-kit/serve.cjs");
const { command: version } = require("../versions.json");
const { mistakesIn, withDefaults } = require("./check.cjs");
const { killAll } = require("./child.cjs");
const { inputDifferences } = require("./diff.cjs");
const { runLocal } = require("./local-command.cjs");
const { resources: tables, run: runTable } = require("./properties.cjs");
const { resources } = require("./resources.cjs");
const { packageSchema } = require("./schema.cjs");
const { reveal } = require("./values.cjs");

/**
 * @typedef {import("./values.cjs").Properties} Properties
 * @typedef {import("./engine-log.cjs").engineLog} EngineLog
 */

/**
 * @param {import("google-protobuf/google/protobuf/struct_pb").Struct | undefined} struct
 * @returns {Properties}
 */
const fromWire = (struct) => struct?.toJavaScript() ?? {};

/** @param {Properties} properties */
const toWire = (properties) =>
  Struct.fromJavaScript(
    Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined)),
  );

/** @param {string} urn `urn:pulumi:<stack>::<project>::<parents' types$type>::<name>` */
function partsOf(urn) {
  const [, , types = "", ...name] = urn.split("::");
  return { type: types.split("$").at(-1) ?? "", name: name.join("::") };
}

/** @param {string} urn */
function kindOf(urn) {
  const { type, name } = partsOf(urn);
  const resource = resources[type];
  const table = tables[type];
  if (!resource || !table)
    throw new Error(`this plugin has no resource ${type}; it has ${Object.keys(resources).join(", ")}`);
  return { resource, table, name };
}

/** @param {import("@pulumi/pulumi/proto/provider_pb").CheckRequest} request */
function check(request) {
  const { table } = kindOf(request.getUrn());
  const inputs = fromWire(request.getNews());
  const response = new rpc.CheckResponse();
  response.setFailuresList(
    mistakesIn(table.inputs, inputs).map(({ property, reason }) => {
      const failure = new rpc.CheckFailure();
      failure.setProperty(property);
      failure.setReason(reason);
      return failure;
    }),
  );
  response.setInputs(toWire(withDefaults(table.inputs, inputs)));
  return response;
}

/** @param {import("@pulumi/pulumi/proto/provider_pb").DiffRequest} request */
function diff(request) {
  const { table } = kindOf(request.getUrn());
  const before = fromWire(request.getOlds());
  const after = fromWire(request.getNews());
  for (const ignored of request.getIgnorechangesList())
    if (ignored in before) after[ignored] = before[ignored];
  const differences = inputDifferences(before, after, Object.keys(table.inputs));
  const response = new rpc.DiffResponse();
  const { DIFF_SOME, DIFF_NONE } = rpc.DiffResponse.DiffChanges;
  response.setChanges(differences.length > 0 ? DIFF_SOME : DIFF_NONE);
  response.setHasdetaileddiff(true);
  const topLevel = (/** @type {string} */ path) => path.split(/[.[]/, 1)[0] ?? path;
  response.setDiffsList([...new Set(differences.map(({ path }) => topLevel(path)))]);
  for (const { path, kind } of differences) {
    const replaces = table.inputs[topLevel(path)]?.replaces === true;
    const property = new rpc.PropertyDiff();
    property.setKind(rpc.PropertyDiff.Kind[/** @type {"ADD"} */ (replaces ? `${kind}_REPLACE` : kind)]);
    property.setInputdiff(true);
    response.getDetaileddiffMap().set(path, property);
    if (replaces) response.addReplaces(path);
  }
  return response;
}

/** @param {import("@pulumi/pulumi/proto/provider_pb").ReadRequest} request nothing outside Pulumi to look at */
function read(request) {
  const response = new rpc.ReadResponse();
  response.setId(request.getId());
  response.setProperties(request.getProperties());
  response.setInputs(request.getInputs());
  return response;
}

function configure() {
  const response = new rpc.ConfigureResponse();
  response.setAcceptsecrets(true);
  response.setSupportspreview(true);
  return response;
}

/** @param {{ getNews(): any }} request */
function checkConfig(request) {
  const response = new rpc.CheckResponse();
  response.setInputs(request.getNews());
  return response;
}

/**
 * The handlers of `pulumirpc.ResourceProvider`.
 *
 * @param {ReturnType<EngineLog>} log
 * @returns {import("@grpc/grpc-js").UntypedServiceImplementation}
 */
function commandProvider(log) {
  /** @param {string} urn @returns {(line: string) => void} */
  const showFor = (urn) => (line) => log.status(urn, line);
  return {
    checkConfig: unary(checkConfig),
    diffConfig: unary(() => new rpc.DiffResponse()),
    configure: unary(configure),
    getPluginInfo: unary(() => {
      const info = new PluginInfo();
      info.setVersion(version);
      return info;
    }),
    getSchema: unary(() => {
      const response = new rpc.GetSchemaResponse();
      response.setSchema(JSON.stringify(packageSchema(version)));
      return response;
    }),
    check: unary(check),
    diff: unary(diff),
    read: unary(read),
    create: unary(async (/** @type {import("@pulumi/pulumi/proto/provider_pb").CreateRequest} */ request) => {
      const { resource, name } = kindOf(request.getUrn());
      const inputs = fromWire(request.getProperties());
      const state = request.getPreview()
        ? resource.preview(inputs)
        : await resource.create(inputs, showFor(request.getUrn()));
      await log.settled();
      const response = new rpc.CreateResponse();
      response.setId(request.getPreview() ? "" : resource.newId(name));
      response.setProperties(toWire(state));
      return response;
    }),
    update: unary(async (/** @type {import("@pulumi/pulumi/proto/provider_pb").UpdateRequest} */ request) => {
      const { resource } = kindOf(request.getUrn());
      const inputs = fromWire(request.getNews());
      const state = request.getPreview()
        ? resource.preview(inputs)
        : await resource.update(inputs, fromWire(request.getOlds()), showFor(request.getUrn()));
      await log.settled();
      const response = new rpc.UpdateResponse();
      response.setProperties(toWire(state));
      return response;
    }),
    delete: unary(async (/** @type {import("@pulumi/pulumi/proto/provider_pb").DeleteRequest} */ request) => {
      const { resource } = kindOf(request.getUrn());
      await resource.remove(fromWire(request.getProperties()), showFor(request.getUrn()));
      await log.settled();
      return new Empty();
    }),
    invoke: unary(async (/** @type {import("@pulumi/pulumi/proto/provider_pb").InvokeRequest} */ request) => {
      if (request.getTok() !== "command:local:run")
        throw new Error(`this plugin has no function ${request.getTok()}`);
      const inputs = withDefaults(runTable.inputs, fromWire(request.getArgs()));
      const plain = reveal(inputs);
      const outputs = await runLocal(plain.command, plain, {}, showFor(""));
      await log.settled();
      const response = new rpc.InvokeResponse();
      response.setReturn(toWire({ ...inputs, ...outputs }));
      return response;
    }),
    cancel: unary(() => {
      killAll();
      return new Empty();
    }),
    attach: unary(() => new Empty()),
  };
}

module.exports = { commandProvider };
