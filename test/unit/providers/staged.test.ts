import assert from "node:assert/strict";
import { z } from "zod";
import type { Properties, ResourceHandler } from "../../../providers/resource-handler";
import { staged, WAITS_FOR } from "../../../providers/staged";

/** A handler that writes down what it is asked to do. */
function recorder() {
  const done: string[] = [];
  const note = <T>(what: string, result: T) => {
    done.push(what);
    return Promise.resolve(result);
  };
  const inner: ResourceHandler = {
    check: (_olds, news) => note("check", { inputs: news }),
    diff: () => note("diff", { changes: true, replaces: ["name"] }),
    create: (inputs) => note("create", { id: String(inputs["name"]), outs: { ...inputs, uuid: "real" } }),
    read: () => note("read", {}),
    update: (_id, _olds, news) => note("update", { outs: { ...news, uuid: "changed" } }),
    delete: () => note("delete", undefined),
  };
  const handler = staged(inner, {
    inputs: z.object({ name: z.string(), image: z.string(), note: z.string().optional() }),
    id: ({ name }) => String(name),
    outs: { uuid: "" },
    missing: ({ image }) =>
      image === "" ? { property: "image", reason: "run stage image-cache first" } : null,
  });
  return { done, handler };
}

const GUEST = { name: "web", image: "abc" };
const WAITING = { ...GUEST, [WAITS_FOR]: "provision" };

describe("a resource whose stage is not chosen", () => {
  it("is not made, and has its place in the state", async () => {
    const { done, handler } = recorder();
    assert.deepEqual(await handler.check({}, { ...WAITING, image: "" }), {
      inputs: { ...WAITING, image: "" },
    });
    assert.deepEqual(await handler.create(WAITING), {
      id: "web",
      outs: { ...WAITING, uuid: "", pending: true },
    });
    assert.deepEqual(done, []);
  });

  it("stays as it is when it is there, whatever has changed", async () => {
    const { done, handler } = recorder();
    assert.deepEqual(await handler.diff("web", { ...GUEST, uuid: "real" }, { ...WAITING, name: "other" }), {
      changes: false,
    });
    assert.deepEqual(done, []);
  });

  it("is neither looked for nor deleted outside the state while there is nothing of it", async () => {
    const { done, handler } = recorder();
    const pending: Properties = (await handler.create(WAITING)).outs as Properties;
    assert.deepEqual(await handler.read("web", pending), { id: "web", props: pending });
    await handler.delete("web", pending);
    assert.deepEqual(done, []);
  });
});

describe("a resource whose stage is chosen", () => {
  it("is made by an update when it has only its place in the state", async () => {
    const { done, handler } = recorder();
    const pending = (await handler.create(WAITING)).outs as Properties;
    assert.deepEqual(await handler.diff("web", pending, GUEST), { changes: true });
    assert.deepEqual(await handler.update("web", pending, GUEST), {
      outs: { ...GUEST, uuid: "real" },
    });
    assert.deepEqual(done, ["create"]);
  });

  it("says what it needs of an earlier stage", async () => {
    const { handler } = recorder();
    assert.deepEqual(await handler.check({}, { ...GUEST, image: "" }), {
      failures: [{ property: "image", reason: "run stage image-cache first" }],
    });
  });

  it("is what it is without stages when it is there", async () => {
    const { done, handler } = recorder();
    const real = { ...GUEST, uuid: "real" };
    await handler.check({}, GUEST);
    assert.deepEqual(await handler.diff("web", real, GUEST), { changes: true, replaces: ["name"] });
    await handler.create(GUEST);
    await handler.read("web", real);
    await handler.update("web", real, GUEST);
    await handler.delete("web", real);
    assert.deepEqual(done, ["check", "diff", "create", "read", "update", "delete"]);
  });
});

describe("a resource whose inputs would come from one that could not be made", () => {
  const without = { name: GUEST.name };
  const reason = /^Error: image would come from something that could not be made/;

  it("passes the check, which would end the program for all others, and is not made", async () => {
    const { done, handler } = recorder();
    assert.deepEqual(await handler.check({}, without), { inputs: without });
    await assert.rejects(handler.create(without), reason);
    assert.deepEqual(done, []);
  });

  it("stays as it is when it is there: its update fails, and replaces nothing", async () => {
    const { done, handler } = recorder();
    const real = { ...GUEST, uuid: "real" };
    assert.deepEqual(await handler.diff("web", real, without), { changes: true });
    await assert.rejects(handler.update("web", real, without), reason);
    assert.deepEqual(done, []);
  });
});
