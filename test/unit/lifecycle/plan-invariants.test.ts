import assert from "node:assert/strict";
import type { LifecycleFacts, SnapshotState } from "../../../phases/lifecycle/facts";
import { FILE_PHASES, PHASES } from "../../../phases/lifecycle/phase-names";
import { DEALING_ORDER, planLifecycle, type PlannedPhase } from "../../../phases/lifecycle/plan";

const STATES: readonly SnapshotState[] = ["memory", "cold", "miss", "stale", "unusable", "off"];

/** Every set of allowed phases, with every snapshot state, power, disk and strategy: about 150,000 plans. */
function* everyCase(): Generator<LifecycleFacts> {
  for (let bits = 0; bits < 1 << PHASES.length; bits++) {
    const allowed = new Set(PHASES.filter((_, index) => (bits & (1 << index)) !== 0));
    for (const init of STATES)
      for (const clean of STATES)
        for (const power of ["on", "off", "unreachable"] as const)
          for (const pristine of [true, false]) {
            // The strategy matters to both create phases alike: alternating it halves the work and loses no case.
            const takenWhile = (bits + STATES.indexOf(clean)) % 2 === 0 ? "on" : "off";
            yield {
              hasProject: true,
              allowed,
              takenOut: new Map(),
              files: new Set(FILE_PHASES),
              init: { state: init, reason: "why" },
              clean: { state: clean, reason: "why" },
              power,
              pristine,
              takenWhile,
              powerOff: "auto",
            };
          }
  }
}

describe("every plan", () => {
  it("keeps the promises of the lifecycle", function () {
    this.timeout(60_000);
    for (const facts of everyCase()) check(facts, planLifecycle(facts));
  });
});

function check(facts: LifecycleFacts, plan: readonly PlannedPhase[]): void {
  const show = () => JSON.stringify({ ...facts, allowed: [...facts.allowed], plan }, undefined, 1);
  let power: "on" | "off" = facts.power === "off" ? "off" : "on";
  let touched = !facts.pristine || facts.clean.state === "stale";
  let ready = false;
  for (const [index, entry] of plan.entries()) {
    if (entry.phase !== DEALING_ORDER[index]) assert.fail(`the order: ${show()}`);
    if (entry.does === "skip") {
      if (entry.reason === "") assert.fail(`a skip without a reason: ${show()}`);
      continue;
    }
    if (!facts.allowed.has(entry.phase)) assert.fail(`${entry.phase} acts and is not allowed: ${show()}`);
    if (entry.does === "fail") {
      if (power === "on") assert.fail(`${entry.phase} fails although the guest is on: ${show()}`);
      continue;
    }
    for (const action of entry.actions) {
      const wrong = (why: string) => assert.fail(`${entry.phase}, ${action}: ${why}: ${show()}`);
      switch (action) {
        case "restore":
          if (power !== "off") wrong("the guest is on");
          touched = entry.phase === "restore init";
          power =
            (entry.phase === "restore init" ? facts.init : facts.clean).state === "memory" ? "on" : "off";
          ready = false;
          break;
        case "reset to base":
          if (power !== "off") wrong("the guest is on");
          if (entry.phase !== "startup") wrong("outside of startup");
          touched = false;
          break;
        case "boot":
          if (power !== "off") wrong("the guest is on");
          if (!facts.allowed.has("startup") && !entry.phase.startsWith("create"))
            wrong("startup is not allowed");
          power = "on";
          ready = false;
          break;
        case "power off":
        case "shut down":
          if (power !== "on") wrong("the guest is off");
          power = "off";
          break;
        case "wait until ready":
          if (power !== "on") wrong("the guest is off");
          ready = true;
          break;
        case "create":
          if (power !== facts.takenWhile) wrong("the guest is in the wrong state");
          if (entry.phase === "create clean" && touched) wrong("the guest is not clean");
          if (entry.phase === "create init" && touched && !["dependencies", "init"].some(ran(plan)))
            wrong("polluted");
          break;
        case "run":
          if (power !== "on" || !ready) wrong("the guest is not ready");
          touched = true;
          break;
        default:
          if (power !== "on") wrong("the guest is off");
      }
    }
  }
  if (facts.allowed.has("shutdown") && power === "on") assert.fail(`the guest stays on: ${show()}`);
}

function ran(plan: readonly PlannedPhase[]) {
  return (phase: string) => plan.some((entry) => entry.phase === phase && entry.does === "act");
}
