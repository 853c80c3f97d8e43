import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unknownValue } from "@pulumi/pulumi/runtime/rpc";
import { guestFiles } from "../../../hypervisor/guest-files";
import { openHypervisor } from "../../../hypervisor/host";
import type { SnapshotRecord } from "../../../hypervisor/snapshots/record";
import { recordPath, writeRecord } from "../../../hypervisor/snapshots/record-file";
import { handler } from "../../../providers/handlers/cache-entry";

type Entry = Record<string, unknown> & { readonly state: string; readonly token: string };

/** Records are real files of this machine; nothing else of a hypervisor is asked. */
describe("cache entry", () => {
  let pool: string;
  beforeEach(() => {
    pool = mkdtempSync(join(tmpdir(), "guest-farm-entry-"));
  });
  afterEach(() => rmSync(pool, { recursive: true }));

  const inputs = (over: Readonly<Record<string, unknown>> = {}) => ({
    hypervisor: {
      name: "here",
      uri: "qemu:///system",
      connection: { type: "local" as const },
      diskPoolPath: pool,
      imageCachePath: pool,
    },
    domain: "mine.a",
    instance: "u1",
    snapshot: "demo.1.init",
    project: "demo",
    revision: "1",
    key: "k1",
    keep: 3,
    expected: true,
    ...over,
  });

  /** Leaves a snapshot behind, as the lifecycle does. */
  const snapshot = async (over: Partial<SnapshotRecord> = {}) => {
    const host = openHypervisor(inputs().hypervisor);
    const files = guestFiles(pool, "mine.a");
    mkdirSync(files.snapshots, { recursive: true });
    const made = {
      formatVersion: 1,
      id: "s1",
      name: "demo.1.init",
      kind: "init",
      token: "t1",
      key: "k1",
    } as const;
    const of = {
      project: "demo",
      revision: "1",
      strategy: "overlay",
      createdAt: "2026-01-01T00:00:00Z",
    } as const;
    const owner = { farm: "f", stack: "mine", guest: "a", version: "0" };
    const content = { chain: ["l1"], base: [], pristine: false, disks: [], memory: null, nvram: null };
    const record = { ...made, ...of, owner, ...content, internal: null, resume: null, ...over };
    await writeRecord(host, files, record);
    await host.close();
    return recordPath(files, record.name);
  };

  const created = async (over: Readonly<Record<string, unknown>> = {}) => {
    const entry = (await handler.create(inputs(over))) as { id: string; outs: Entry };
    return entry;
  };

  describe("create", () => {
    it("is a miss with a token of its own when there is no snapshot", async () => {
      const [first, second] = [await created(), await created()];
      assert.equal(first.outs.state, "miss");
      assert.match(first.outs.token, /^[0-9a-f]{24}$/);
      assert.notEqual(first.outs.token, second.outs.token);
      assert.equal(first.id, "mine.a/demo.1.init");
    });

    it("is a hit with the snapshot's token when the key is the same", async () => {
      await snapshot();
      const { outs } = await created();
      assert.deepEqual([outs.state, outs.token], ["hit", "t1"]);
    });

    it("is stale with a new token when the key is another", async () => {
      await snapshot({ key: "k0" });
      const { outs } = await created();
      assert.equal(outs.state, "stale");
      assert.notEqual(outs.token, "t1");
    });

    it("trusts the name alone without a key", async () => {
      await snapshot({ key: "k0" });
      for (const key of [null, undefined]) assert.equal((await created({ key })).outs.state, "hit");
    });

    it("is a miss when the snapshot's disks are gone", async () => {
      await snapshot({ disks: [{ path: "layers/l1/vda.qcow2", size: 1, mtime: "1", sha256: null }] });
      assert.equal((await created()).outs.state, "miss");
    });

    it("keeps its inputs", async () => {
      const { outs } = await created();
      assert.deepEqual({ ...outs, state: 0, token: 0 }, { ...inputs(), state: 0, token: 0 });
    });
  });

  describe("read", () => {
    const readAfter = async (change: (path: string) => unknown) => {
      const path = await snapshot();
      const { id, outs } = await created();
      await change(path);
      return { found: await handler.read(id, outs), outs, id };
    };

    it("keeps the entry of a snapshot that is there, and never turns a miss into a hit", async () => {
      const { id, outs } = await created();
      await snapshot({ token: outs.token });
      assert.deepEqual(await handler.read(id, outs), { id, props: outs });
      assert.equal(outs.state, "miss");
    });

    it("drops the entry of a snapshot that was deleted", async () => {
      assert.deepEqual((await readAfter((path) => rmSync(path))).found, {});
    });

    it("keeps the entry of a snapshot that no run leaves behind", async () => {
      const { id, outs } = await created({ expected: false });
      assert.deepEqual(await handler.read(id, outs), { id, props: outs });
    });

    it("drops the entry of a snapshot that somebody else has made since", async () => {
      assert.deepEqual((await readAfter(() => snapshot({ token: "t2" }))).found, {});
    });

    it("fails when the hypervisor cannot be asked: that says nothing about the snapshot", async () => {
      const { id, outs } = await created();
      const hypervisor = { ...inputs().hypervisor, connection: { type: "ssh", host: "127.0.0.1", port: 1 } };
      await assert.rejects(async () => handler.read(id, { ...outs, hypervisor }), /no connection/);
    });
  });

  describe("diff", () => {
    const diff = async (over: Readonly<Record<string, unknown>>) => {
      const { changes, replaces } = await handler.diff(
        "id",
        { ...inputs(), state: "hit", token: "t" },
        inputs(over),
      );
      return { changes, replaces };
    };

    it("is none for the same inputs", async () => {
      assert.deepEqual(await diff({}), { changes: false, replaces: [] });
    });

    it("replaces the entry for all that names a snapshot", async () => {
      for (const key of ["domain", "instance", "snapshot", "project", "revision", "key"]) {
        assert.deepEqual(await diff({ [key]: "another" }), { changes: true, replaces: [key] });
      }
    });

    it("promises no replacement for what is not known yet", async () => {
      const unknown = { instance: unknownValue, key: unknownValue };
      assert.deepEqual(await diff(unknown), { changes: true, replaces: [] });
      assert.deepEqual(await diff({ ...unknown, revision: "2" }), { changes: true, replaces: ["revision"] });
    });

    it("changes the way to the hypervisor and the retention in place, and keeps the token", async () => {
      const hypervisor = { ...inputs().hypervisor, uri: "qemu:///session" };
      for (const over of [{ keep: 5 }, { expected: false }, { hypervisor }]) {
        assert.deepEqual(await diff(over), { changes: true, replaces: [] });
      }
      const olds = { ...inputs(), state: "miss", token: "t" };
      const updated = await handler.update("id", olds, inputs({ keep: 5 }));
      assert.deepEqual(updated.outs, { ...inputs({ keep: 5 }), state: "miss", token: "t" });
    });
  });

  it("deletes no snapshot", async () => {
    await snapshot();
    await handler.delete("id", { ...(await created()).outs });
    assert.equal((await created()).outs.state, "hit");
  });
});
