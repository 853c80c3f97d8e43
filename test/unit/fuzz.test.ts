import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runTarget } from "../fuzz/run-target";
import { TARGETS } from "../fuzz/targets";

const SEEDS = JSON.parse(readFileSync(join(__dirname, "../fuzz/seeds.json"), "utf8")) as Record<
  string,
  number[]
>;
/** A longer run of new seeds is `make fuzz`. */
const FIRST = 60;

describe("inputs that somebody changed", () => {
  it("have seeds that were found for known targets only", () => {
    assert.deepEqual(Object.keys(SEEDS).sort(), Object.keys(TARGETS).sort());
  });

  for (const name of Object.keys(TARGETS)) {
    it(`are understood or refused by name: ${name}`, async function () {
      this.timeout(60_000);
      for (let seed = 0; seed < FIRST; seed += 1) await runTarget(name, seed);
      for (const seed of SEEDS[name] ?? []) await runTarget(name, seed);
    });
  }
});
