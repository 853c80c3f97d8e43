import assert from "node:assert/strict";
import { unknownValue } from "@pulumi/pulumi/runtime/rpc";
import { z } from "zod";
import { HypervisorSpec } from "../../../hypervisor/spec";
import { type LibvirtObject, libvirtObjectHandler } from "../../../providers/handlers/libvirt-object";

const Thing = z.strictObject({
  hypervisor: HypervisorSpec,
  name: z.string(),
  size: z.number(),
  colour: z.string().optional(),
});
type Thing = z.infer<typeof Thing>;

const HYPERVISOR = {
  name: "here",
  uri: "test:///default",
  connection: { type: "local" as const },
  diskPoolPath: "/a",
  imageCachePath: "/b",
};
const thing = (over: Partial<Thing> = {}): Thing => ({ hypervisor: HYPERVISOR, name: "t", size: 1, ...over });

/** A kind of object whose host is played; `size` cannot be changed in place. */
function played(over: Partial<LibvirtObject<Thing>> = {}): {
  handler: ReturnType<typeof libvirtObjectHandler>;
  calls: string[];
} {
  const calls: string[] = [];
  const object: LibvirtObject<Thing> = {
    schema: Thing,
    diff: (before, after) => ({
      changes: [
        ...(before.size === after.size
          ? []
          : [{ property: "size", effect: "replace" as const, reason: "of size" }]),
        ...(before.colour === after.colour
          ? []
          : [{ property: "colour", effect: "in place" as const, reason: "of colour" }]),
      ],
      deleteBeforeReplace: true,
    }),
    create: (host, spec) => {
      calls.push(`create ${spec.name} on ${host.spec.name}`);
      return Promise.resolve({ uuid: "u1" });
    },
    read: (_host, spec) => Promise.resolve({ uuid: "u1", spec }),
    update: (_host, before, after) => {
      calls.push(`update ${before.colour ?? "none"} to ${after.colour ?? "none"}`);
      return Promise.resolve({ uuid: "u1" });
    },
    delete: (_host, spec) => {
      calls.push(`delete ${spec.name}`);
      return Promise.resolve();
    },
    ...over,
  };
  return { handler: libvirtObjectHandler<Thing>(object), calls };
}

describe("handler of something that libvirt defines", () => {
  it("makes it and keeps its UUID beside the inputs", async () => {
    const { handler, calls } = played();
    const inputs = { ...thing(), __provider: "text" };
    assert.deepEqual(await handler.create(inputs), { id: "t", outs: { ...inputs, uuid: "u1" } });
    assert.deepEqual(calls, ["create t on here"]);
  });

  it("leaves nothing in the state when making it fails", async () => {
    const { handler } = played({ create: () => Promise.reject(new Error("no room")) });
    await assert.rejects(
      handler.create(thing()),
      (error: Error) => !("id" in error) && /no room/.test(error.message),
    );
  });

  it("does not remove what another resource of the same update has taken over", async () => {
    const { handler, calls } = played();
    await handler.create(thing());
    await handler.delete("t", { ...thing(), uuid: "an old one" });
    await handler.delete("t", { ...thing({ name: "by an alias of its host" }), uuid: "u1" });
    assert.deepEqual(calls, ["create t on here"]);
    await handler.delete("other", { ...thing({ name: "other" }), uuid: "u2" });
    assert.deepEqual(calls, ["create t on here", "delete other"]);
  });

  describe("diff", () => {
    const diff = (olds: object, news: object) => played().handler.diff("t", { ...olds }, { ...news });

    it("sees no change in the same inputs, whatever outputs stand in the state", async () => {
      assert.equal((await diff({ ...thing(), uuid: "u1" }, thing())).changes, false);
    });

    it("changes in place what may be", async () => {
      const found = await diff(thing(), thing({ colour: "red" }));
      assert.deepEqual([found.changes, found.replaces], [true, []]);
    });

    it("replaces for the rest, and says for which property", async () => {
      const found = await diff(thing(), thing({ colour: "red", size: 2 }));
      assert.deepEqual([found.changes, found.replaces, found.deleteBeforeReplace], [true, ["size"], true]);
    });

    it("promises no replacement for what is not known yet", async () => {
      const found = await diff(thing(), { ...thing(), size: unknownValue });
      assert.deepEqual([found.changes, found.replaces ?? []], [true, []]);
    });
  });

  describe("read", () => {
    it("drops what is gone", async () => {
      const { handler } = played({ read: () => Promise.resolve(null) });
      assert.deepEqual(await handler.read("t", { ...thing(), uuid: "u1" }), {});
    });

    it("reports no inputs when nothing has drifted", async () => {
      const props = { ...thing(), uuid: "u1" };
      assert.deepEqual(await played().handler.read("t", props), { id: "t", props });
    });

    it("reports what is there when somebody changed it", async () => {
      const drifted = thing({ size: 5 });
      const { handler } = played({ read: () => Promise.resolve({ uuid: "u1", spec: drifted }) });
      const props = { ...thing(), uuid: "u1", __provider: "text" };
      assert.deepEqual(await handler.read("t", props), {
        id: "t",
        props: { ...drifted, uuid: "u1", __provider: "text" },
        inputs: { ...drifted, __provider: "text" },
      });
    });

    it("tells another instance of the same name by its UUID", async () => {
      const { handler } = played({ read: (_host, spec) => Promise.resolve({ uuid: "u2", spec }) });
      const found: { props?: { uuid?: string } } = await handler.read("t", { ...thing(), uuid: "u1" });
      assert.equal(found.props?.uuid, "u2");
    });

    it("is not swallowed when the host cannot be asked", async () => {
      const { handler } = played({ read: () => Promise.reject(new Error("no connection")) });
      await assert.rejects(handler.read("t", { ...thing(), uuid: "u1" }), /no connection/);
    });
  });

  it("hands both specifications to an update, and the state's to a deletion", async () => {
    const { handler, calls } = played();
    const olds = { ...thing({ colour: "red" }), uuid: "u1" };
    const news = { ...thing({ colour: "blue" }) };
    assert.deepEqual(await handler.update("t", olds, news), { outs: { ...news, uuid: "u1" } });
    await handler.delete("t", olds);
    assert.deepEqual(calls, ["update red to blue", "delete t"]);
  });

  it("refuses inputs that do not fit, before anything happens", async () => {
    const { handler } = played();
    const { failures } = await handler.check({}, { ...thing(), size: "big" });
    assert.deepEqual(
      failures?.map(({ property }) => property),
      ["size"],
    );
  });
});
