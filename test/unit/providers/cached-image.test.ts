import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unknownValue } from "@pulumi/pulumi/runtime/rpc";
import { handler } from "../../../providers/handlers/cached-image";

describe("cached image", () => {
  const packages = { kind: "packages", recipe: "tiny", arch: "amd64", packages: [] };
  const definition = { name: "tiny/amd64", source: packages, format: "qcow2", steps: [] };
  const hypervisor = (over: Readonly<Record<string, unknown>> = {}) => ({
    name: "here",
    uri: "qemu:///system",
    connection: { type: "local" },
    diskPoolPath: "/pool",
    imageCachePath: "/images",
    ...over,
  });
  const inputs = (over: Readonly<Record<string, unknown>> = {}) => ({
    hypervisor: hypervisor(),
    definition,
    selfUrn: "urn:x",
    ...over,
  });
  const diff = async (over: Readonly<Record<string, unknown>>) => {
    const olds = { ...inputs(), facts: { path: "/images/a", digest: "d" } };
    const { changes, replaces = [] } = await handler.diff("id", olds, inputs(over));
    return { changes, replaces };
  };

  it("does not change with the same inputs", async () => {
    assert.deepEqual(await diff({}), { changes: false, replaces: [] });
  });

  it("is made in place when the definition changes", async () => {
    const other = { ...definition, steps: [{ kind: "convert", to: "raw" }] };
    assert.deepEqual(await diff({ definition: other }), { changes: true, replaces: [] });
  });

  it("is another one on another hypervisor, or in another folder", async () => {
    for (const over of [{ name: "there" }, { imageCachePath: "/elsewhere" }]) {
      assert.deepEqual(await diff({ hypervisor: hypervisor(over) }), {
        changes: true,
        replaces: ["hypervisor"],
      });
    }
  });

  it("stays when only the way to its hypervisor changes", async () => {
    const connection = { type: "ssh", host: "far" };
    assert.deepEqual(await diff({ hypervisor: hypervisor({ connection }) }), { changes: true, replaces: [] });
  });

  it("promises no replacement for what is not known yet", async () => {
    assert.deepEqual(await diff({ hypervisor: unknownValue }), { changes: true, replaces: [] });
  });

  it("is refused with the path of what is wrong", async () => {
    const { failures } = await handler.check({}, inputs({ definition: { ...definition, format: "vmdk" } }));
    assert.deepEqual(
      failures?.map(({ property }) => property),
      ["definition.format"],
    );
  });

  it("is dropped by refresh when it has gone from the cache", async () => {
    const imageCachePath = mkdtempSync(join(tmpdir(), "guest-farm-images-"));
    try {
      const props = {
        ...inputs({ hypervisor: hypervisor({ imageCachePath }) }),
        facts: { path: "x", digest: "y" },
      };
      assert.deepEqual(await handler.read("id", props), {});
    } finally {
      rmSync(imageCachePath, { recursive: true });
    }
  });
});
