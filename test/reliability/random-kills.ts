// Kills random processes of a small farm's commands, round after round, and says what does not heal:
//
//   node --require tsx/cjs test/reliability/random-kills.ts --rounds 20 --seed 7

import { parseArgs } from "node:util";
import { KillRounds } from "./support/kill-rounds";

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "20" },
      seed: { type: "string", default: String(Date.now() % 1e6) },
    },
  });
  const rounds = new KillRounds(Number(values.seed));
  console.log(`seed ${values.seed}, stack ${rounds.farm.stack}, ${rounds.farm.folder}`);
  let failed = 0;
  try {
    await rounds.prepare();
    for (let count = 0; count < Number(values.rounds); count += 1) {
      const began = Date.now();
      const { number, what, wrong } = await rounds.next();
      console.log(
        `${number}. ${what}: ${wrong.length === 0 ? "healed" : "WRONG"} (${Math.round((Date.now() - began) / 1000)} s)`,
      );
      if (wrong.length === 0) continue;
      failed += 1;
      console.log(wrong.map((line) => `   ${line.split("\n").join("\n   ")}`).join("\n"));
      await rounds.startAnew();
    }
  } finally {
    await rounds.remove();
  }
  console.log(`${values.rounds} rounds with seed ${values.seed}: ${failed} did not heal`);
  process.exitCode = failed > 0 ? 1 : 0;
}

void main();
