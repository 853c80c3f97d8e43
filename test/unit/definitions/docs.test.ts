import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BUILT_IN_PLATFORMS } from "../../../definitions/builtin/platforms";
import { BUILT_IN_TARGETS } from "../../../definitions/builtin/targets";
import { DEFAULT_SETTINGS } from "../../../definitions/builtin/defaults";
import { FUNCTION_NAMES } from "../../../definitions/expressions";
import { FarmDefinition } from "../../../definitions/schemas/farm";
import { guestShape } from "../../../definitions/schemas/guest";
import { HypervisorDefinition } from "../../../definitions/schemas/hypervisor";
import { ProjectDefinition } from "../../../definitions/schemas/project";
import { SETTING_KEYS } from "../../../definitions/schemas/settings";
import { farm } from "./resolve/fixtures";

const read = (name: string) => readFileSync(join(__dirname, "..", "..", "..", "docs", name), "utf8");
const examples = (text: string) => [...text.matchAll(/```yaml\n([^]*?)```/g)].map(([, yaml]) => yaml ?? "");
const farmFile = read("farm-file.md");
const settings = read("settings.md");

describe("docs/farm-file.md", () => {
  for (const example of examples(farmFile)) {
    const title = /# (.*)/.exec(example)?.[1] ?? "example";
    it(`has an example that works: ${title}`, () => {
      const platform = /^platforms\/(\w+)\.yaml/.exec(title)?.[1];
      if (platform === undefined) assert.ok(farm(example).guests.length > 0);
      else {
        const text = `guests: {permutations: {platforms: [${platform}], targets: [amd64, arm64]}}`;
        assert.equal(farm(text, { [`platforms/${platform}.yaml`]: example }).guests.length, 2);
      }
    });
  }

  const keys = {
    farm: Object.keys(FarmDefinition.shape).filter((key) => key !== "guests"),
    hypervisor: Object.keys(HypervisorDefinition.shape),
    guest: Object.keys(guestShape).filter((key) => key !== "properties"),
    project: Object.keys(ProjectDefinition.shape),
    "built-in": [...Object.keys(BUILT_IN_PLATFORMS), ...Object.keys(BUILT_IN_TARGETS)],
  };
  for (const [what, names] of Object.entries(keys)) {
    it(`names every ${what} key`, () => {
      const missing = names.filter((key) => !SETTING_KEYS.includes(key) && !farmFile.includes(`\`${key}`));
      assert.deepEqual(missing, []);
    });
  }

  it("names every function", () =>
    FUNCTION_NAMES.forEach((name) => assert.ok(farmFile.includes(`\`${name}(`), name)));
});

describe("docs/settings.md", () => {
  it("has an example that works", () => {
    const [example = ""] = examples(settings);
    assert.ok(farm(example).guests.length > 0);
  });

  it("names every setting with its default", () => {
    const flat = Object.entries(DEFAULT_SETTINGS).flatMap(([key, value]: [string, unknown]) =>
      typeof value === "object" && !Array.isArray(value) && value !== null
        ? Object.entries(value).map(([inner, each]) => [`${key}.${inner}`, String(each)] as const)
        : [[key, Array.isArray(value) ? "all ten" : String(value)] as const],
    );
    for (const [key, value] of flat) {
      const row = settings.split("\n").find((line) => line.startsWith(`| \`${key}\` `));
      assert.ok(
        row?.includes(`| ${value} |`) === true || row?.includes(`| \`${value}\` |`) === true,
        `${key}: ${value}`,
      );
    }
  });
});
