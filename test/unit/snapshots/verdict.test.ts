import assert from "node:assert/strict";
import { judge } from "../../../hypervisor/snapshots/verdict";
import { FACTS, inventory, record, stamp, wanted } from "./inventories";

const PARENTS = { base: null, clean: "base", run: "clean" };
const INIT = record("app.1.init", ["clean", "base"]);
const look = (
  change: Parameters<typeof inventory>[3] = {},
  want: Parameters<typeof wanted>[1] = {},
  facts: typeof FACTS | null = FACTS,
  init = INIT,
) => judge(wanted(INIT, want), inventory([init], PARENTS, "run", change), facts);

/** The files of an inventory without, or with other, entries. */
const filesBut = (path: string, instead?: { size: number; mtime: string }) => {
  const files = new Map(inventory([INIT], PARENTS, "run").files);
  files.delete(path);
  if (instead !== undefined) files.set(path, instead);
  return { files };
};

const GROUND = { size: 4, mtime: "2.5" };
const onGround = (now: typeof GROUND | null, ground = [{ path: "/data.raw", ...GROUND }]) =>
  look({ ground: new Map([["/data.raw", now]]) }, {}, FACTS, { ...INIT, ground });

describe("the verdict on a snapshot", () => {
  it("is a hit over files of others that are as they were, or that the guest has no part in any more", () => {
    assert.equal(onGround(GROUND).state, "hit");
    assert.equal(look({}, {}, FACTS, { ...INIT, ground: [{ path: "/gone", ...GROUND }] }).state, "hit");
  });

  it("is a hit for a record of before these files were noted", () => {
    assert.equal(look({ ground: new Map([["/data.raw", GROUND]]) }).state, "hit");
  });

  it("is a hit with memory when all is as it was, with the token of the record", () => {
    const verdict = look();
    assert.deepEqual(verdict, {
      state: "hit",
      resumes: "memory",
      token: INIT.token,
      reason: "made 2026-01-01T00:00:00.000Z",
    });
  });

  it("is a hit by the name alone when no key is wanted", () => {
    assert.equal(look({}, { key: null }).state, "hit");
  });

  const misses: Record<string, [ReturnType<typeof look>, "miss" | "stale", RegExp]> = {
    "no record": [look({ records: [] }), "miss", /there is no snapshot "app.1.init"/],
    "another key": [
      look({}, { key: "0123456789abcdef" }),
      "stale",
      /was key of app.1 and is now 0123456789ab$/,
    ],
    "another project under the same name": [
      look({}, { project: "app.1", revision: null }),
      "stale",
      /is of init app 1/,
    ],
    "a missing disk": [
      look(filesBut("layers/clean/vda.qcow2")),
      "miss",
      /layers\/clean\/vda.qcow2 is not there/,
    ],
    "a missing disk further down": [look(filesBut("layers/base/vda.qcow2")), "miss", /layers\/base/],
    "a disk of another size": [
      look(filesBut("layers/clean/vda.qcow2", { size: 11, mtime: "1.5" })),
      "stale",
      /was changed afterwards/,
    ],
    "a disk of another time": [
      look(filesBut("layers/clean/vda.qcow2", { size: 10, mtime: "1.6" })),
      "stale",
      /was changed afterwards/,
    ],
    "a missing base image": [
      look({ bases: new Map([["/base.qcow2", false]]) }),
      "miss",
      /base image \/base.qcow2/,
    ],
    "a data disk that was written anew": [
      onGround({ size: 5, mtime: "2.5" }),
      "stale",
      /\/data.raw, on which it stands/,
    ],
    "a kernel of another time": [onGround({ size: 4, mtime: "3.5" }), "stale", /was written anew/],
    "a data disk that is gone": [onGround(null), "miss", /\/data.raw, on which it stands, is not there/],
    "missing firmware variables": [
      judge(
        wanted(INIT),
        inventory([{ ...INIT, nvram: stamp("snapshots/x/nvram.fd") }], PARENTS, "run", filesBut("none")),
        FACTS,
      ),
      "miss",
      /nvram.fd is not there/,
    ],
  };
  for (const [name, [verdict, state, reason]] of Object.entries(misses)) {
    it(`is ${state} for ${name}`, () => {
      assert.equal(verdict.state, state);
      assert.match(verdict.reason, reason);
    });
  }

  const changed = (change: Partial<typeof FACTS>) => look({}, {}, { ...FACTS, ...change });
  const host = FACTS.host;
  const cold: Record<string, [ReturnType<typeof look>, RegExp]> = {
    "more memory": [changed({ memoryMiB: 512 }), /memory changed from 256 MiB to 512 MiB/],
    "more processors": [changed({ vcpus: 2 }), /processors changed from 1 to 2/],
    "another QEMU": [changed({ host: { ...host, qemu: "8.0.0" } }), /QEMU changed from 7.2.22 to 8.0.0/],
    "another libvirt": [
      changed({ host: { ...host, libvirt: "10.0.0" } }),
      /libvirt changed from 9.0.0 to 10.0.0/,
    ],
    "another host processor": [changed({ host: { ...host, cpu: "x" } }), /another processor/],
    "another definition": [changed({ definitions: { 1: "exact", 2: "x" } }), /definition changed/],
    "no memory file": [look(filesBut(INIT.memory?.path ?? "")), /memory file is not there/],
    "a changed memory file": [
      look(filesBut(INIT.memory?.path ?? "", { size: 9, mtime: "1.5" })),
      /memory file was changed/,
    ],
    "unknown facts": [look({}, {}, null), /not known/],
    "a snapshot taken while off": [
      look({}, {}, FACTS, { ...INIT, strategy: "overlay", memory: null, resume: null }),
      /while the guest was off/,
    ],
  };
  it("keeps its memory where only the host's side of the definition differs", () => {
    const verdict = changed({ definitions: { 1: "x", 2: "definition" } });
    assert.equal(verdict.state === "hit" && verdict.resumes, "memory");
  });

  describe("whose facts are of version 1", () => {
    const { definitions, ...rest } = FACTS;
    const old = { ...INIT, resume: { ...rest, definition: definitions[1] } };
    it("keeps its memory", () => {
      const verdict = look({}, {}, FACTS, old);
      assert.equal(verdict.state === "hit" && verdict.resumes, "memory");
    });
    it("is compared as it was made", () => {
      const verdict = look({}, {}, { ...FACTS, definitions: { 1: "x", 2: definitions[2] } }, old);
      assert.equal(verdict.state === "hit" && verdict.resumes, "cold");
    });
  });

  for (const [name, [verdict, reason]] of Object.entries(cold)) {
    it(`is a cold hit for ${name}`, () => {
      assert.equal(verdict.state === "hit" && verdict.resumes, "cold");
      assert.match(verdict.reason, reason);
    });
  }

  describe("inside the disks", () => {
    const live = record("app.1.init", ["run", "clean", "base"], {
      strategy: "live",
      memory: null,
      internal: "guest-farm-1",
      disks: [{ ...stamp("layers/run/vda.qcow2"), size: null, mtime: null }, stamp("layers/clean/vda.qcow2")],
    });
    const judged = (others: readonly ReturnType<typeof record>[], internal: readonly string[]) =>
      judge(
        wanted(live),
        inventory([live, ...others], PARENTS, "run", { internal: new Set(internal) }),
        FACTS,
      );

    it("is a hit although its disks go on being written", () => {
      assert.equal(judged([], ["guest-farm-1"]).state, "hit");
    });
    it("boots when ports have changed, which libvirt would take from then", () => {
      const facts = { ...FACTS, definitions: { ...FACTS.definitions, 1: "x" } };
      const there = inventory([live], PARENTS, "run", { internal: new Set(["guest-farm-1"]) });
      const verdict = judge(wanted(live), there, facts);
      assert.equal(verdict.state === "hit" && verdict.resumes, "cold");
      assert.match(verdict.reason, /host's side/);
    });
    it("is a miss when libvirt does not know it", () => {
      assert.equal(judged([], ["guest-farm-2"]).state, "miss");
    });
    it("is stale when a later snapshot froze those disks", () => {
      const later = record("app.2.init", ["run", "clean", "base"]);
      assert.equal(judged([later], ["guest-farm-1"]).state, "stale");
    });
  });
});
