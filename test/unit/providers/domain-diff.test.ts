import assert from "node:assert/strict";
import { domain, handler } from "../../../providers/handlers/domain";
import { libvirtObjectHandler } from "../../../providers/handlers/libvirt-object";
import { sampleDomain } from "../hypervisor/sample-domain";

/** What stands in an input that is not known yet. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

describe("preview of a domain", () => {
  const before = { ...sampleDomain() };
  const diff = (change: object) => handler.diff("id", before, { ...before, ...change });

  it("says replace while the base image is not known: the image is made anew", async () => {
    const { changes, replaces, deleteBeforeReplace } = await diff({
      baseImage: { path: UNKNOWN, digest: UNKNOWN, format: "qcow2" },
    });
    assert.deepEqual(
      { changes, replaces, deleteBeforeReplace },
      {
        changes: true,
        replaces: ["baseImage"],
        deleteBeforeReplace: true,
      },
    );
  });

  it("says update while anything else is not known", async () => {
    const { changes, replaces } = await diff({ memoryMiB: UNKNOWN });
    assert.deepEqual({ changes, replaces }, { changes: true, replaces: [] });
  });

  describe("with another size of the root disk", () => {
    const disk = (sizeGiB: number) => ({ rootDisk: { bus: "virtio", sizeGiB } });
    const lasting = { ...before, keepRunning: true, ...disk(4) };

    it("says replace: what is on it can be built again", async () => {
      const { replaces } = await diff(disk(20));
      assert.deepEqual(replaces, ["rootDisk"]);
    });

    it("tells why in words, and nothing of what is changed in place", async () => {
      const told: string[] = [];
      const talking = libvirtObjectHandler(domain, (text) => told.push(text));
      await talking.diff("id", before, { ...before, memoryMiB: 1024 });
      assert.deepEqual(told, []);
      await talking.diff("id", before, { ...before, ...disk(20), memoryMiB: 1024 });
      assert.deepEqual(told, [
        "farm web is made anew: the root disk is made anew in its new size, and so are the snapshots over it",
      ]);
    });

    it("says update for a long-lived guest, whose disk grows", async () => {
      const found = await handler.diff("id", lasting, { ...lasting, ...disk(5) });
      assert.deepEqual([found.changes, found.replaces], [true, []]);
    });

    it("refuses to shrink the disk of a long-lived guest", async () => {
      const { failures = [] } = await handler.check(lasting, { ...lasting, ...disk(3) });
      assert.deepEqual(
        failures.map(({ property }) => property),
        ["rootDisk"],
      );
      assert.match(failures[0]?.reason ?? "", /cannot become smaller[\s\S]*3 GiB[\s\S]*4 GiB or more/);
      assert.equal((await handler.check(lasting, { ...lasting, ...disk(4) })).failures, undefined);
      assert.equal(
        (await handler.check({ ...lasting, keepRunning: false }, { ...lasting, ...disk(3) })).failures,
        undefined,
      );
    });
  });

  it("says nothing when all is as it was", async () => {
    assert.equal((await diff({})).changes, false);
  });
});
