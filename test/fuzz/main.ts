import { randomInt } from "node:crypto";
import { runTarget } from "./run-target";
import { TARGETS } from "./targets";

/** `make fuzz`: new seeds for all targets in turn, for SECONDS (default 60). What is found goes into `seeds.json`. */
async function main(): Promise<void> {
  const seconds = Number(process.env["SECONDS_OF_FUZZ"] ?? "60");
  const end = performance.now() + seconds * 1000;
  const found: string[] = [];
  let tried = 0;
  while (performance.now() < end && found.length < 20) {
    for (const name of Object.keys(TARGETS)) {
      tried += 1;
      await runTarget(name, randomInt(2 ** 32)).catch((error: unknown) => found.push(String(error)));
    }
  }
  process.stdout.write(
    `${found.map((text) => `${text}\n\n`).join("")}${tried} inputs, ${found.length} findings\n`,
  );
  process.exitCode = found.length > 0 ? 1 : 0;
}

void main();
