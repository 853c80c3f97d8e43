import { cpSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse, stringify } from "yaml";
import { FarmUnderTest } from "./farm-under-test";

const STACKS = resolve(__dirname, "../../../stacks");
type Keys = Record<string, unknown>;

/**
 * A copy of a ready stack, under a name of its own, that runs from images built from packages by the one setting that
 * its users have for that.
 *
 * @param change laid over the farm file: what only the machine that runs the tests knows, such as hosts
 */
export async function readyStack(name: string, change: Keys = {}): Promise<FarmUnderTest> {
  const farm = FarmUnderTest.fresh();
  cpSync(join(STACKS, name), join(farm.folder, "stacks", farm.stack), { recursive: true });
  changeFarm(farm, change);
  await farm.init();
  await farm.config("farm", farmFile(farm));
  return farm;
}

/** Lays keys over the farm file of a copy. */
export function changeFarm(farm: FarmUnderTest, change: Keys): void {
  const now = parse(readFileSync(join(farm.folder, farmFile(farm)), "utf8")) as Keys;
  farm.write(farmFile(farm), stringify({ ...now, ...change }));
}

const farmFile = ({ stack }: FarmUnderTest) => `stacks/${stack}/farm.packages.yaml`;
