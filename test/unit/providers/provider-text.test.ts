import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { runInThisContext } from "node:vm";
import { runtime } from "@pulumi/pulumi";
import { providerText } from "../../../providers/provider-text";

const REPOSITORY = resolve(__dirname, "../../..");
const MODULES = ["cache-entry", "cached-image", "domain", "farm-identity", "guest-host-key", "network"];
const nameOf = (module: string) => `guest-farm/providers/handlers/${module}`;

/** The same provider as an object, as programs hand it to the SDK. */
const PROVIDER = `
exports.provider = function (module) {
  return {
    check: (olds, news) => require(module).handler.check(olds, news),
    diff: (id, olds, news) => require(module).handler.diff(id, olds, news),
    create: (inputs) => require(module).handler.create(inputs),
    read: (id, props = {}) => require(module).handler.read(id, props),
    update: (id, olds, news) => require(module).handler.update(id, olds, news),
    delete: (id, props) => require(module).handler.delete(id, props),
  };
};
exports.asHandler = (provider) => {
  return () => provider;
};
`;

type Exports = Record<string, (...args: unknown[]) => unknown>;
type Evaluated = (exports: Exports, require: unknown) => void;

function evaluate(text: string, require: unknown = () => undefined): Exports {
  const exports: Exports = {};
  (runInThisContext(`(function (exports, require) {${text}})`) as Evaluated)(exports, require);
  return exports;
}

describe("text of dynamic providers in the state", () => {
  it("is what the SDK writes: with another one every resource would be replaced", async function () {
    this.timeout(60_000);
    const { provider, asHandler } = evaluate(PROVIDER);
    const { text } = await runtime.serializeFunction(
      asHandler?.(provider?.(nameOf("domain"))) as () => object,
    );
    assert.equal(providerText(nameOf("domain")), text);
  });

  it("hands every call to the module's handler", () => {
    const methods = ["check", "diff", "create", "read", "update", "delete"];
    const calls: unknown[] = [];
    const handler = Object.fromEntries(
      methods.map((name) => [name, (...args: unknown[]) => calls.push([name, ...args])]),
    );
    const load = (module: string) => (calls.push(module), { handler });
    const provider = evaluate(providerText("some/module"), load)["handler"]?.() as typeof handler;
    assert.deepEqual(Object.keys(provider), methods);
    provider["create"]?.("inputs");
    provider["update"]?.("id", "olds", "news");
    assert.deepEqual(calls, [
      "some/module",
      ["create", "inputs"],
      "some/module",
      ["update", "id", "olds", "news"],
    ]);
  });

  it("names no folder of this machine, only a module of the package that there is", () => {
    for (const module of MODULES) {
      const text = providerText(nameOf(module));
      for (const folder of [REPOSITORY, tmpdir()]) assert.ok(!text.includes(folder), text);
      assert.ok(!/["'`]\/[a-z]/i.test(text), text);
      assert.ok(text.length < 4000, `${text.length} characters`);
      assert.ok(text.includes(`"${nameOf(module)}"`));
      readFileSync(join(REPOSITORY, "providers/handlers", `${module}.ts`));
    }
  });
});
