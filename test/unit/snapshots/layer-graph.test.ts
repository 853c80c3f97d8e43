import assert from "node:assert/strict";
import { expired, garbage } from "../../../hypervisor/snapshots/layer-graph";
import { inventory, record } from "./inventories";

/** base <- c(lean) <- i1, i2, i3, other <- run */
const PARENTS = { c: null, i1: "c", i2: "c", i3: "c", o: "c", run: "c" };
const at = (day: number) => ({ createdAt: `2026-01-0${day}T00:00:00.000Z` });
const CLEAN = record("clean", ["c"], at(1));
const INITS = [1, 2, 3].map((n) => record(`app.${n}.init`, [`i${n}`, "c"], at(n + 1)));
const OTHER = record("other.1.init", ["o", "c"], at(1));
const ALL = [CLEAN, ...INITS, OTHER];
const names = (...args: Parameters<typeof expired>) => expired(...args).map(({ name }) => name);

describe("retention", () => {
  it("keeps the newest init snapshots of the project, whatever their order", () => {
    const there = inventory([...ALL].reverse(), PARENTS, "run");
    assert.deepEqual(names(there, { project: "app", keep: 2 }), ["app.1.init"]);
    assert.deepEqual(names(there, { project: "app", keep: 3 }), []);
  });
  it("touches no other project, and none at all without one", () => {
    const there = inventory(ALL, PARENTS, "run");
    assert.deepEqual(names(there, { project: "other", keep: 1 }), []);
    assert.deepEqual(names(there, { project: null, keep: 1 }), []);
  });
  it("keeps one even when asked to keep none", () => {
    assert.equal(names(inventory(ALL, PARENTS, "run"), { project: "app", keep: 0 }).length, 2);
  });
  it("keeps the one that the guest is on", () => {
    const there = inventory(ALL, { ...PARENTS, run: "i1" }, "run");
    assert.deepEqual(names(there, { project: "app", keep: 1 }), ["app.2.init"]);
  });
  it("keeps one that another kept snapshot stands on", () => {
    const newest = record("app.4.init", ["i4", "i1", "c"], at(6));
    const there = inventory([...ALL, newest], { ...PARENTS, i4: "i1" }, "run");
    assert.deepEqual(names(there, { project: "app", keep: 1 }), ["app.3.init", "app.2.init"]);
  });
  it("lets checkpoints go, and what stood under them", () => {
    const checkpoint = record("before", ["x", "i1", "c"]);
    const there = inventory([...ALL, checkpoint], { ...PARENTS, x: "i1" }, "run");
    assert.deepEqual(names(there, { project: "app", keep: 2 }), ["before", "app.1.init"]);
  });
  it("knows internal snapshots in use by what libvirt went back to last", () => {
    const live = [1, 2].map((n) =>
      record(`app.${n}.init`, ["run", "c"], {
        ...at(n),
        strategy: "live",
        memory: null,
        internal: `guest-farm-${n}`,
      }),
    );
    const there = inventory(live, PARENTS, "run", { latestInternal: "guest-farm-1" });
    assert.deepEqual(names(there, { project: "app", keep: 1 }), []);
    assert.deepEqual(names({ ...there, latestInternal: "guest-farm-2" }, { project: "app", keep: 1 }), [
      "app.1.init",
    ]);
  });
});

describe("garbage of a guest's folder", () => {
  it("is nothing while all is in use", () => {
    assert.deepEqual(garbage(inventory(ALL, PARENTS, "run")), []);
  });
  it("is layers and snapshot folders that nothing refers to", () => {
    const there = inventory([CLEAN], PARENTS, "run", {
      entries: [
        "layers/c",
        "layers/i1",
        "layers/run",
        "snapshots/clean.json",
        "snapshots/idclean",
        "snapshots/lost",
      ],
    });
    assert.deepEqual(garbage(there), ["snapshots/lost", "layers/i1"]);
  });
  it("is never a layer below one in use, even when no record speaks of it", () => {
    const there = inventory([], { a: null, b: "a", run: "b", x: null }, "run");
    assert.deepEqual(garbage(there), ["layers/x"]);
  });
  it("is what a broken off write left, but never a record", () => {
    const there = inventory([CLEAN], { c: null, run: "c" }, "run", {
      entries: [
        "layers/c",
        "layers/run",
        "snapshots/clean.json",
        "snapshots/idclean",
        "snapshots/clean.json.new.77",
      ],
    });
    assert.deepEqual(garbage(there), ["snapshots/clean.json.new.77"]);
  });

  const doubts = {
    "a record cannot be read": { unreadable: ["snapshots/x.json"] },
    "a disk of the guest is in no layer": { currentLayers: ["run", null] },
    "the record of a layer in use is missing": { currentLayers: ["gone"] },
    "layers stand on each other in a circle": {
      layers: new Map(
        ["run", "c"].map((id) => [id, { id, parent: id === "run" ? "c" : "run", pristine: false, base: [] }]),
      ),
    },
  };
  for (const [doubt, change] of Object.entries(doubts)) {
    it(`includes no layer when ${doubt}`, () => {
      assert.deepEqual(garbage(inventory([], { c: null, run: "c", x: null }, "run", change)), []);
    });
  }
});
