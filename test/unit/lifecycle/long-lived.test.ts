import assert from "node:assert/strict";
import type { LifecycleFacts, SnapshotState } from "../../../phases/lifecycle/facts";
import { PHASES } from "../../../phases/lifecycle/phase-names";
import { type Action, nextRunDiscardsDisks, planLifecycle } from "../../../phases/lifecycle/plan";

const STATES: readonly SnapshotState[] = ["memory", "cold", "miss", "stale", "unusable", "off"];

function facts(changes: Partial<LifecycleFacts> = {}): LifecycleFacts {
  return {
    hasProject: false,
    allowed: new Set(["startup", "create clean"]),
    takenOut: new Map(),
    files: new Set(),
    init: { state: "off", reason: "no project" },
    clean: { state: "miss", reason: "" },
    power: "off",
    pristine: true,
    takenWhile: "off",
    powerOff: "auto",
    longLived: true,
    ...changes,
  };
}

function actions(changes: Partial<LifecycleFacts> = {}): readonly Action[] {
  return planLifecycle(facts(changes)).flatMap((phase) => (phase.does === "act" ? phase.actions : []));
}

describe("the plan of a long-lived guest", () => {
  it("starts a new one, takes the snapshot of its first boot, and starts it again", () => {
    assert.deepEqual(actions(), [
      ...["boot", "wait until ready"],
      ...["remove seed", "sync", "shut down", "create", "boot", "wait until ready"],
    ]);
  });

  it("starts one that is off, and takes no snapshot of what is not new", () => {
    assert.deepEqual(actions({ pristine: false }), ["boot", "wait until ready"]);
  });

  it("leaves one that is on alone", () => {
    assert.deepEqual(actions({ pristine: false, power: "on" }), ["wait until ready"]);
    assert.deepEqual(actions({ pristine: false, power: "unreachable" }), ["wait until ready"]);
  });

  it("takes no snapshot when none is wanted", () => {
    assert.deepEqual(actions({ allowed: new Set(["startup"]) }), ["boot", "wait until ready"]);
  });

  it("lays the disks fresh of one whose first boot did not end well, if it is off, and repeats all", () => {
    assert.deepEqual(actions({ pristine: false, unfit: true }), [
      ...["reset to base", "boot", "wait until ready"],
      ...["remove seed", "sync", "shut down", "create", "boot", "wait until ready"],
    ]);
  });

  it("waits for such a one that is on: it may only have been slow", () => {
    for (const power of ["on", "unreachable"] as const) {
      const found = { pristine: false, unfit: true, power, allowed: new Set(["startup"] as const) };
      assert.deepEqual(actions(found), ["wait until ready"]);
    }
  });

  it("never restores, lays fresh, or powers off, whatever is found and allowed", () => {
    for (const allowed of [new Set(PHASES), new Set(["startup", "create clean"] as const)])
      for (const clean of STATES)
        for (const power of ["on", "off", "unreachable"] as const)
          for (const pristine of [true, false])
            for (const takenWhile of ["on", "off"] as const) {
              const found = facts({
                allowed,
                clean: { state: clean, reason: "why" },
                power,
                pristine,
                takenWhile,
              });
              const planned = planLifecycle(found);
              const acted = planned.flatMap((phase) => (phase.does === "act" ? phase.actions : []));
              for (const never of ["power off", "reset to base", "restore"] as const) {
                assert.ok(!acted.includes(never), JSON.stringify({ ...found, planned }));
              }
              assert.ok(acted.lastIndexOf("boot") >= acted.lastIndexOf("shut down"), JSON.stringify(planned));
              assert.ok(!nextRunDiscardsDisks(found, { init: true, clean: true }));
            }
  });
});
