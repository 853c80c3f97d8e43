import assert from "node:assert/strict";
import { DEALING_ORDER, planLifecycle } from "../../../phases/lifecycle/plan";
import { runLifecycle } from "../../../phases/lifecycle/run";
import { fakeInput, FakeGuest, INIT_NAME, NEVER } from "../../support/fake-guest";
import { factsOf, truthTable, written, type Row } from "./truth-table";

const SIGNALS = { cancel: NEVER, lost: NEVER };

describe("truth table of the lifecycle", () => {
  const rows = truthTable();

  it("has rows, and none twice", () => {
    assert.ok(rows.length > 90, `only ${rows.length} rows were read`);
    assert.deepEqual(rows.map((row) => row.title).sort(), [...new Set(rows.map((row) => row.title))].sort());
  });

  for (const row of rows) {
    it(`line ${row.line}: ${row.title}`, async () => {
      const plan = planLifecycle(factsOf(row));
      assert.equal(written(plan), row.expected, "the plan");
      await checkRun(row);
    });
  }
});

/** Runs the row on a fake guest: what is done is what the table says, and each phase is dealt with once. */
async function checkRun(row: Row): Promise<void> {
  const { init, clean, power, pristine, unfit, takenWhile, files } = row;
  const guest = new FakeGuest({ init, clean, power, pristine, unfit, takenWhile, files });
  const noProject = row.hasProject ? {} : { project: null, init: null };
  const result = await runLifecycle(fakeInput({ allowed: row.allowed, ...noProject }), guest.ports, SIGNALS);

  assert.deepEqual(
    guest.trace.filter((call) => call !== "settle"),
    calls(row.expected),
    "the run",
  );
  const failed = result.phases.find(({ status }) => status === "failed");
  assert.equal(failed === undefined ? result.status : `${result.status}: ${failed.name}`, row.result);
  assert.deepEqual(
    result.phases.map(({ name }) => name),
    DEALING_ORDER,
  );
  const acting = result.phases.filter(({ status }) => status !== "skipped").map(({ name }) => name);
  assert.deepEqual(acting, actingPhases(row.expected));
  for (const { status, reason, name } of result.phases) {
    if (status === "skipped") assert.notEqual(reason, "", `${name} is skipped without a reason`);
  }
}

function parts(expected: string): readonly { readonly phase: string; readonly actions: readonly string[] }[] {
  return expected
    .split("; ")
    .filter((part) => part !== "")
    .map((part) => {
      const [phase = "", actions = ""] = part.split(": ");
      return { phase, actions: actions.split(", ") };
    });
}

function actingPhases(expected: string): readonly string[] {
  return parts(expected).map(({ phase }) => phase);
}

/** The calls on the fake guest that a row's actions stand for. */
function calls(expected: string): readonly string[] {
  return parts(expected).flatMap(({ phase, actions }) => {
    const snapshot = phase.endsWith(" init") ? INIT_NAME : "clean";
    return actions.flatMap((action) => {
      if (action === "fails") return [];
      if (action === "run") return [phase];
      return [action === "restore" || action === "create" ? `${action} ${snapshot}` : action];
    });
  });
}
