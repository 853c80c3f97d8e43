import assert from "node:assert/strict";
import type { LifecycleFacts, SnapshotState } from "../../../phases/lifecycle/facts";
import { PHASES } from "../../../phases/lifecycle/phase-names";
import { type Action, nextRunDiscardsDisks, planLifecycle } from "../../../phases/lifecycle/plan";

function facts(changes: Partial<LifecycleFacts> = {}): LifecycleFacts {
  return {
    hasProject: true,
    allowed: new Set(PHASES),
    takenOut: new Map(),
    files: new Set(["dependencies", "init"]),
    init: { state: "cold", reason: "" },
    clean: { state: "cold", reason: "" },
    power: "off",
    pristine: false,
    takenWhile: "off",
    powerOff: "graceful",
    livesOn: true,
    ...changes,
  };
}

function actions(changes: Partial<LifecycleFacts> = {}): readonly Action[] {
  return planLifecycle(facts(changes)).flatMap((phase) => (phase.does === "act" ? phase.actions : []));
}

describe("the plan of a guest whose disk lives on", () => {
  it("makes it once: from clean, and keeps what init has made", () => {
    const first = actions({
      init: { state: "miss", reason: "" },
      clean: { state: "miss", reason: "" },
      pristine: true,
    });
    assert.equal(first.filter((action) => action === "run").length, 2);
    assert.equal(first.filter((action) => action === "create").length, 2);
  });

  it("does nothing to one that is made, and leaves it off", () => {
    assert.deepEqual(actions(), []);
  });

  it("never restores, lays fresh, or throws away while its key is the same", () => {
    for (const state of ["memory", "cold"] as const)
      for (const clean of ["memory", "cold", "miss", "stale", "unusable", "off"] satisfies SnapshotState[])
        for (const power of ["on", "off", "unreachable"] as const) {
          const found: Partial<LifecycleFacts> = {
            init: { state, reason: "" },
            clean: { state: clean, reason: "" },
            power,
          };
          const does = actions(found);
          for (const action of ["restore", "reset to base", "run", "create"] as const)
            assert.ok(!does.includes(action), `${action}: ${JSON.stringify(found)}`);
        }
  });

  it("starts over from clean when its key is another one", () => {
    const does = actions({ init: { state: "stale", reason: "another image" } });
    assert.ok(does.includes("restore"));
    assert.equal(does.filter((action) => action === "run").length, 2);
  });

  it("goes down gracefully, and what it wrote is kept", () => {
    assert.ok(actions({ power: "on" }).includes("shut down"));
    assert.equal(nextRunDiscardsDisks(facts(), { init: true, clean: true }), false);
  });
});
