import assert from "node:assert/strict";
import { KillRounds } from "./support/kill-rounds";

const SEED = 7;
const ROUNDS = 6;

/** A short run of `random-kills.ts`, always with the same choices; which process they meet differs with the machine. */
describe("a farm whose processes are killed at random moments", function () {
  this.timeout(900_000);
  const rounds = new KillRounds(SEED);
  before(() => rounds.prepare());
  after(() => rounds.remove());

  for (let count = 1; count <= ROUNDS; count += 1) {
    it(`is brought in order by the next up, round ${count} of seed ${SEED}`, async () => {
      const { what, wrong } = await rounds.next();
      assert.deepEqual(wrong, [], what);
    });
  }
});
