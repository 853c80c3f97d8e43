import { cpSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse, stringify } from "yaml";
import { FarmUnderTest } from "../../e2e/support/farm-under-test";

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
  const folder = `stacks/${farm.stack}`;
  cpSync(join(STACKS, name), join(farm.folder, folder), { recursive: true });
  const file = `${folder}/farm.packages.yaml`;
  const shipped = parse(readFileSync(join(farm.folder, file), "utf8")) as Keys;
  farm.write(file, stringify({ ...shipped, ...change }));
  await farm.init();
  await farm.config("farm", file);
  return farm;
}
