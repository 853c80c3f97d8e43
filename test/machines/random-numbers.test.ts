import assert from "node:assert/strict";
import { FarmUnderTest } from "../e2e/support/farm-under-test";
import { succeeded } from "../e2e/support/outcomes";
import { draw, drawn, reseedNow, writeHelper } from "../e2e/support/random-draws";
import { TINY, tinyFarm } from "../e2e/support/tiny-farm";

describe("random numbers of a guest whose memory is restored", function () {
  this.timeout(600_000);
  const farm = FarmUnderTest.fresh();
  const seen = new Set<string>();

  before(async () => {
    farm.farm(tinyFarm());
    writeHelper(farm, "x86_64");
    farm.phase("init.yaml", ...reseedNow());
    farm.phase(
      "main.yaml",
      draw("from-init"),
      ...reseedNow(),
      { checkpoint: "here" },
      { restoreCheckpoint: "here" },
      draw("from-checkpoint"),
      { restoreCheckpoint: "here" },
      draw("from-checkpoint-again"),
    );
    await farm.init();
  });
  after(() => farm.remove());

  for (const run of ["the run that takes the snapshot", "a run from it", "another"]) {
    it(`are others in ${run}, at once and after each restore of its own checkpoint`, async () => {
      succeeded(await farm.up());
      const { resumed, warnings } = farm.result(TINY);
      assert.equal(resumed, seen.size === 0 ? null : "memory");
      assert.deepEqual(warnings, []);
      for (const label of ["from-init", "from-checkpoint", "from-checkpoint-again"]) {
        const numbers = drawn(farm, TINY, label);
        assert.equal(numbers.length, 306, label);
        const known = numbers.filter((number) => seen.has(number)).length;
        assert.equal(known, 0, `${known} of 306 numbers were drawn before (${label})`);
        for (const number of numbers) seen.add(number);
      }
    });
  }
});
