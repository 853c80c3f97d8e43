import { performance } from "node:perf_hooks";
import { median } from "../median";
import { type BenchFarm, prepareFarm } from "./bench-farm";
import { SupervisorMemory } from "./supervisor-memory";
import { lifecycle, pulumiUp, scriptAtOnce, scriptGraceful, type Way } from "./ways";

const WAYS = {
  lifecycle,
  "pulumi up": pulumiUp,
  "script, off at once": scriptAtOnce,
  "script, graceful": scriptGraceful,
};
type WayName = keyof typeof WAYS;
type Times = Readonly<Record<WayName, readonly number[]>>;

/** A number with the goal that it has to keep. */
export interface Goal {
  readonly what: string;
  readonly found: number;
  readonly most: number;
  /** The same of the hand-written script: what the machine allows. */
  readonly script?: number;
}

/** Measures warm runs of one guest and of four, the ways taking turns, and prints where the time goes. */
export async function benchWarmCycle(rounds: number): Promise<Goal[]> {
  const memory = new SupervisorMemory();
  const one = await measure(1, rounds);
  const four = await measure(4, rounds);
  const ratio = (times: Times, over: WayName) => median(times.lifecycle) / median(times[over]);
  const growth = (way: WayName) => median(four[way]) / median(one[way]);
  return [
    {
      what: "lifecycle / script with the same power-off",
      found: ratio(one, "script, off at once"),
      most: 1.3,
    },
    { what: "lifecycle / graceful script", found: ratio(one, "script, graceful"), most: 0.75 },
    {
      what: "pulumi up over the lifecycle, s",
      found: median(one["pulumi up"]) - median(one.lifecycle),
      most: 3,
    },
    {
      what: "four guests / one guest",
      found: growth("lifecycle"),
      most: 1.6,
      script: growth("script, off at once"),
    },
    { what: "supervisor, MB at most", found: memory.stop(), most: 120 },
  ];
}

async function measure(guests: number, rounds: number): Promise<Times> {
  process.stdout.write(`\n${guests} tiny guest${guests > 1 ? "s" : ""}: preparing\n`);
  const bench = await prepareFarm(guests);
  try {
    const times: Record<WayName, number[]> = {
      lifecycle: [],
      "pulumi up": [],
      "script, off at once": [],
      "script, graceful": [],
    };
    for (let round = 1; round <= rounds; round++) {
      for (const [name, way] of Object.entries(WAYS) as [WayName, Way][]) {
        const started = performance.now();
        await way(bench, round);
        times[name].push((performance.now() - started) / 1000);
      }
      process.stdout.write(`round ${round} of ${rounds} done\n`);
    }
    for (const [name, values] of Object.entries(times)) {
      const all = values.map((value) => value.toFixed(2)).join(", ");
      process.stdout.write(`${name.padEnd(22)} median ${median(values).toFixed(2)} s  (${all})\n`);
    }
    printPhases(bench);
    return times;
  } finally {
    await bench.farm.remove();
  }
}

function printPhases({ farm, guests: [guest] }: BenchFarm): void {
  if (guest === undefined) return;
  process.stdout.write(`where the last run of ${guest.name} spent its time:\n`);
  for (const { name, status, durationMs } of farm.result(guest.name).phases) {
    if (status !== "skipped")
      process.stdout.write(`  ${name.padEnd(20)} ${(durationMs / 1000).toFixed(2)} s\n`);
  }
}
