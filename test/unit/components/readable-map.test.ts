import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { knownValue, mapInput, type ReadableMap } from "../../../components/readable-map";

const unknown = pulumi.output(pulumi.unknown) as unknown as pulumi.Output<string>;

describe("readable inputs of a command", () => {
  it("stay readable while one of them is not known", async () => {
    const map: ReadableMap = {
      known: pulumi.output<Record<string, string>>({ a: "1" }),
      later: { b: unknown },
    };
    const input = await mapInput(map);
    assert.equal(input["a"], "1");
    assert.equal(await knownValue(pulumi.output(input["b"])), undefined);
  });

  it("are unknown as one when not even their names are known", async () => {
    const known = unknown as unknown as ReadableMap["known"];
    const input = await mapInput({ known, later: { b: pulumi.output("2") } });
    assert.deepEqual(Object.keys(input), ["b", "GUEST_FARM_INPUTS"]);
    assert.equal(await knownValue(pulumi.output(input["GUEST_FARM_INPUTS"])), undefined);
    assert.equal(await knownValue(pulumi.output(input["b"])), "2");
  });

  it("fail with what they come from", async () => {
    const broken = pulumi.output(Promise.reject<string>(new Error("no such thing")));
    await assert.rejects(knownValue(broken), /no such thing/);
  });
});
