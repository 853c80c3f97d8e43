import assert from "node:assert/strict";
import { unknownValue } from "@pulumi/pulumi/runtime/rpc";
import { z } from "zod";
import {
  changedKeys,
  checkInputs,
  hasUnknown,
  parseInputs,
  withoutProvider,
} from "../../../providers/resource-handler";

const Schema = z.strictObject({
  name: z.string(),
  disks: z.array(z.strictObject({ size: z.number() })).optional(),
});

describe("inputs of a dynamic resource", () => {
  it("are not known yet when anything inside them is not", () => {
    assert.ok(hasUnknown({ a: [{ b: unknownValue }] }));
    assert.ok(hasUnknown(unknownValue));
    assert.ok(!hasUnknown({ a: [null, undefined, 0, "", { b: false }] }));
  });

  it("pass when they fit, whatever Pulumi adds for itself", () => {
    const news = { name: "a", __provider: "text" };
    assert.deepEqual(checkInputs(Schema, news), { inputs: news });
    assert.deepEqual(withoutProvider(news), { name: "a" });
  });

  it("fail with every mistake and its path", () => {
    const { failures } = checkInputs(Schema, { name: 1, disks: [{ size: 1 }, { size: "2" }], colour: "red" });
    assert.deepEqual(
      failures?.map(({ property }) => property),
      ["name", "disks.1.size", ""],
    );
    assert.match(failures[2]?.reason ?? "", /colour/);
  });

  it("are left for later while something is not known", () => {
    const news = { name: 1, disks: unknownValue };
    assert.deepEqual(checkInputs(Schema, news), { inputs: news });
  });

  it("are parsed without outputs that stand beside them in the state", () => {
    assert.deepEqual(parseInputs(Schema, { name: "a", uuid: "u", __provider: "t" }, ["name", "disks"]), {
      name: "a",
    });
    assert.throws(() => parseInputs(Schema, { uuid: "u" }, ["name"]), z.ZodError);
  });

  it("differ by content, not by the order of keys", () => {
    const olds = { a: { x: 1, y: [1, 2] }, b: 1, c: 1 };
    const news = { a: { y: [1, 2], x: 1 }, b: 2, d: 1 };
    assert.deepEqual(changedKeys(olds, news, ["a", "b", "c", "d"]), ["b", "c", "d"]);
    assert.deepEqual(changedKeys(olds, news, ["a"]), []);
    assert.deepEqual(changedKeys({ a: [1, 2] }, { a: [2, 1] }, ["a"]), ["a"]);
  });

  it("are the same absent and undefined", () => {
    assert.deepEqual(changedKeys({}, { a: undefined }, ["a"]), []);
  });
});
