import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { benchImages } from "./images";
import { benchWarmCycle } from "./warm-cycle";

/** `make bench`: numbers measured side by side in one run, with the goals that they have to keep. */
async function main(): Promise<void> {
  const rounds = Number(process.argv[2] ?? 5);
  const placement = spawnSync(process.execPath, ["--require", "tsx/cjs", join(__dirname, "placement.ts")], {
    stdio: "inherit",
  });
  const goals = [...(await benchImages(rounds)), ...(await benchWarmCycle(rounds))];
  process.stdout.write("\n");
  for (const { what, found, most, script } of goals) {
    const verdict = found <= most ? "ok  " : "OVER";
    const beside = script === undefined ? "" : `; the script: ${script.toFixed(2)}`;
    process.stdout.write(`${verdict} ${what.padEnd(46)} ${found.toFixed(2)}  (at most ${most}${beside})\n`);
  }
  const kept = placement.status === 0 && goals.every(({ found, most }) => found <= most);
  process.exitCode = kept ? 0 : 1;
}

void main();
