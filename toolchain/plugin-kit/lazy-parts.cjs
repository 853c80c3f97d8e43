"use strict";

// To be loaded first: has those parts of the SDK loaded at their first use that few programs use. Loading npm's tree of
// dependencies, the automation API and TypeScript took most of the start of each program and of each process of dynamic
// providers.

const Module = require("node:module");
const path = require("node:path");

/** Modules by who asks for them, and under which name: all of them are used by their properties alone. */
const PARTS = [
  { asker: "@pulumi/pulumi/index.js", request: "./automation" },
  { asker: "@pulumi/pulumi/runtime/closure/codePaths.js", request: "@npmcli/arborist" },
  { asker: "@pulumi/pulumi/runtime/closure/parseFunction.js", request: "../../typescript-shim" },
];

/**
 * Stands for a module until something of it is used.
 *
 * @param {() => any} load
 */
function standIn(load) {
  /** @type {any} */
  let loaded;
  const module = () => (loaded ??= load());
  return new Proxy(
    {},
    {
      // Compiled `import *` takes such a module as it is, where it would copy the properties of another one.
      get: (_, name) => (name === "__esModule" ? true : module()[name]),
      has: (_, name) => name in module(),
      ownKeys: () => Reflect.ownKeys(module()),
      getOwnPropertyDescriptor: (_, name) => {
        const found = Reflect.getOwnPropertyDescriptor(module(), name);
        return found && { ...found, configurable: true };
      },
    },
  );
}

const inner = /** @type {any} */ (Module);
const original = inner._load;
/** @type {Map<string, unknown>} */
const standIns = new Map();

/** @param {string} request @param {any} parent @param {unknown[]} more */
inner._load = function (request, parent, ...more) {
  const load = () => original.call(this, request, parent, ...more);
  const part = PARTS.find((candidate) => candidate.request === request);
  const asker = String(parent?.filename ?? "");
  if (part === undefined || !asker.endsWith(path.normalize(`/node_modules/${part.asker}`))) return load();
  const key = `${asker} ${request}`;
  if (!standIns.has(key)) standIns.set(key, standIn(load));
  return standIns.get(key);
};
