import assert from "node:assert/strict";
import type { GuestView, LastRun } from "../../../discovery/guest-views";
import type { SnapshotRecord } from "../../../hypervisor/snapshots/record";
import { forecast, type ForecastInput, strategyOf } from "../../../program/forecast";
import { placed } from "../components/sample-farm";

const guest = (item: Readonly<Record<string, unknown>> = {}) =>
  placed({
    hypervisors: { here: {} },
    guests: { list: [{ platform: "tiny", target: "amd64", ...item }] },
  })[0]!;

const LAST: LastRun = {
  runId: "r1",
  inputsDigest: "inputs-1",
  status: "passed",
  finishedAt: "2026-01-01T00:00:00Z",
  durationMs: 1000,
};

function record(name: string, over: Partial<SnapshotRecord> = {}): SnapshotRecord {
  const init = name !== "clean";
  return {
    formatVersion: 1,
    id: "s1",
    name,
    kind: init ? "init" : "clean",
    project: init ? "demo" : null,
    revision: init ? "1" : null,
    token: "t",
    key: init ? "key-1" : "clean-1",
    strategy: "overlay",
    owner: { farm: "f", stack: "mine", guest: "a", version: "0" },
    createdAt: "2026-01-01T00:00:00Z",
    chain: ["l1"],
    base: [],
    pristine: !init,
    disks: [],
    memory: null,
    nvram: null,
    internal: null,
    resume: null,
    ...over,
  };
}

function view(records: readonly SnapshotRecord[], over: Partial<GuestView> = {}): GuestView {
  return {
    inventory: {
      state: "off",
      definition: "<domain/>",
      running: null,
      records,
      unreadable: [],
      layers: new Map(),
      currentLayers: [],
      files: new Map(),
      entries: [],
      bases: new Map(),
      ground: new Map(),
      internal: null,
      latestInternal: null,
    },
    versions: null,
    lastRun: LAST,
    ...over,
  };
}

const FILES = { dependencies: "dependencies.yaml", init: null, main: "main.yaml", terminate: null };

const ask = (
  over: Partial<ForecastInput> = {},
  project: Partial<NonNullable<ForecastInput["project"]>> = {},
) =>
  forecast({
    guest: guest(),
    view: view([record("demo.1.init"), record("clean")]),
    project: { id: "demo", revision: "1", key: "key-1", files: FILES, always: false, ...project },
    cleanKey: "clean-1",
    inputsDigest: "inputs-2",
    ...over,
  });

describe("forecast of a guest", () => {
  it("on a hit is the short run", () => {
    const found = ask();
    assert.equal(found.cache, "hit");
    assert.deepEqual(found.phases, ["restore init", "startup", "main", "shutdown"]);
    assert.match(
      found.text,
      /^hit: made 2026-01-01.*; will run restore init, .*\(something that it uses has changed\)$/,
    );
  });

  it("on a miss is everything from the clean snapshot on", () => {
    const found = ask({ view: view([record("clean")]) });
    assert.equal(found.cache, "miss");
    assert.deepEqual(found.phases, [
      "restore clean",
      "startup",
      "dependencies",
      "create init",
      "main",
      "shutdown",
    ]);
    assert.match(found.text, /^miss: there is no snapshot "demo\.1\.init"; will run/);
  });

  it("without any snapshot begins with the first boot", () => {
    const { phases } = ask({ view: view([]) });
    assert.deepEqual(phases, ["startup", "create clean", "dependencies", "create init", "main", "shutdown"]);
  });

  it("on a stale snapshot says what is different", () => {
    const found = ask({}, { key: "key-2" });
    assert.equal(found.cache, "stale");
    assert.match(found.text, /^stale: its content key was key-1 and is now key-2; will run restore clean/);
  });

  it("with the name alone takes a snapshot of another key", () => {
    assert.equal(ask({}, { key: null }).cache, "hit");
  });

  it("without a cache never looks at snapshots of the project", () => {
    const found = ask({ guest: guest({ cache: "off" }) });
    assert.equal(found.cache, "off");
    assert.ok(!found.phases.includes("restore init") && !found.phases.includes("create init"), found.text);
  });

  it("of an old revision hits when its snapshot is still there", () => {
    const old = record("demo.0.init", { revision: "0", key: "key-0" });
    const all = view([record("demo.1.init"), old, record("clean")]);
    assert.equal(ask({ view: all }, { revision: "0", key: "key-0" }).cache, "hit");
  });

  describe("when nothing has changed", () => {
    const same = { inputsDigest: LAST.inputsDigest };

    it("is that nothing runs", () => {
      const found = ask(same);
      assert.deepEqual(found.phases, []);
      assert.equal(found.text, "unchanged since its last run (passed 2026-01-01T00:00:00Z): nothing runs");
    });

    it("is a run all the same when the state does not hold the command", () => {
      const found = ask({ ...same, isNew: true });
      assert.ok(found.phases.includes("main"));
      assert.match(found.text, /\(the state does not hold its last run\)$/);
    });

    it("is a run all the same with `runMain: always`", () => {
      const found = ask(same, { always: true });
      assert.ok(found.phases.includes("main"));
      assert.match(found.text, /\(runMain: always\)$/);
    });

    it("is a run all the same after one that failed or was cancelled", () => {
      for (const status of ["failed", "cancelled"] as const) {
        const lastRun = { ...LAST, status };
        const seen = view([record("demo.1.init"), record("clean")], { lastRun });
        for (const isNew of [false, true]) {
          const found = ask({ ...same, isNew, view: seen });
          assert.ok(found.phases.includes("main"));
          assert.match(found.text, new RegExp(`\\(the last run ${status}\\)$`));
        }
      }
    });
  });

  it("of the first run says so", () => {
    assert.match(ask({ view: view([], { lastRun: null }) }).text, /\(first run\)$/);
  });

  it("without a project is its clean snapshot", () => {
    const found = ask({ project: null, view: view([]) });
    assert.equal(found.cache, "off");
    assert.deepEqual(found.phases, ["startup", "create clean", "shutdown"]);
  });

  it("runs only the phases that are allowed", () => {
    const { phases } = ask({ guest: guest({ allowedPhases: ["restore init", "startup", "main"] }) });
    assert.deepEqual(phases, ["restore init", "startup", "main"]);
  });
});

describe("strategy in a preview", () => {
  const UEFI = { platform: "debian-12", firmware: "uefi" };
  const libvirt = (version: string): GuestView =>
    view([], { versions: { libvirt: version, qemu: "7.2.0", cpu: "" } });

  it("is chosen with its reason", () => {
    assert.match(strategyOf(guest(), libvirt("9.0.0")), /^saved \(disks and memory/);
    assert.match(strategyOf(guest({ snapshots: "overlay" }), libvirt("9.0.0")), /^overlay \(asked for/);
  });

  it("is refused when the hypervisor cannot do it", () => {
    assert.throws(
      () => strategyOf(guest({ ...UEFI, snapshots: "live" }), libvirt("9.0.0")),
      /libvirt before 10\.9/,
    );
    assert.match(strategyOf(guest({ ...UEFI, snapshots: "live" }), libvirt("10.10.0")), /^live/);
  });

  it("is the same text when the hypervisor does not answer, so that nothing seems changed", () => {
    for (const item of [{}, UEFI, { snapshots: "overlay" }, { snapshots: "live" }]) {
      assert.equal(strategyOf(guest(item), undefined), strategyOf(guest(item), libvirt("10.10.0")));
    }
    assert.match(strategyOf(guest({ ...UEFI, snapshots: "live" }), undefined), /^live/);
  });
});
