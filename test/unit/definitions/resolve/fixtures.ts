import assert from "node:assert/strict";
import {
  resolveFarm,
  UserError,
  type FarmInput,
  type Mistake,
  type ResolvedFarm,
  type ResolvedGuest,
} from "../../../../definitions";

export function farm(
  text: string,
  files: FarmInput["files"] = {},
  config: FarmInput["config"] = {},
): ResolvedFarm {
  return resolveFarm({ farmFile: { name: "stacks/s/farm.yaml", text }, files, stack: "s", config });
}

/** The one guest of a farm whose platform file is given. */
export function guestOf(platform: string, entry = "", rest = ""): ResolvedGuest {
  const text = `${rest}\nguests: {list: [{platform: mine, target: amd64${entry === "" ? "" : `, ${entry}`}}]}`;
  const [guest] = farm(text, { "platforms/mine.yaml": platform }).guests;
  assert.ok(guest);
  return guest;
}

export function mistakesOf(act: () => unknown): readonly Mistake[] {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof UserError, error instanceof Error ? error.stack : String(error));
    return error.mistakes;
  }
  throw new assert.AssertionError({ message: "no mistake was found" });
}

/** The only mistake, as a check that nothing else was reported. */
export function mistakeOf(act: () => unknown): Mistake {
  const mistakes = mistakesOf(act);
  assert.equal(mistakes.length, 1, mistakes.map((each) => `${each.path ?? ""}: ${each.what}`).join("\n"));
  return mistakes[0]!;
}
