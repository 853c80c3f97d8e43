import assert from "node:assert/strict";
import { stringify } from "yaml";
import { jsonSchemas } from "../../../../definitions/schemas/json-schema";
import { shown } from "../../../../definitions/source/mistakes";
import { farm, mistakesOf } from "../resolve/fixtures";
import { type Schema, wrongValues } from "./every-key";

const NO_GUESTS = "guests: {list: []}";
const GENERATED = jsonSchemas();

/** How many wrong values each kind of file can have at least: a walk that finds less has lost its way. */
const FILES = { farm: 2000, platform: 400, target: 400, project: 80 } as const;

describe("every key of a definition file, with every kind of value that it cannot have", function () {
  this.timeout(60_000);
  for (const [kind, least] of Object.entries(FILES)) {
    const schema = JSON.parse(GENERATED[`${kind}.schema.json`] ?? "null") as Schema;
    const values = wrongValues(schema);
    const file = kind === "farm" ? "farm.yaml" : `${kind}s/mine.yaml`;

    it(`of ${file} is a walk through all of them`, () =>
      assert.ok(values.length >= least, `${values.length}`));

    it(`of ${file} is told with file, line, path, what was found and what is allowed`, () => {
      const wrong = values.flatMap(({ path, value, document }) => {
        const text = stringify(document);
        const load = () => (kind === "farm" ? farm(text) : farm(NO_GUESTS, { [file]: text }));
        const told = mistakesOf(load).find((mistake) => mistake.path === path);
        const right =
          told?.file === `stacks/s/${file}` &&
          told.line !== undefined &&
          told.found === shown(value) &&
          told.allowed !== undefined &&
          !/invalid|expected|pattern|undefined/i.test(told.allowed);
        return right ? [] : [`${path}: ${shown(value)} gave ${JSON.stringify(told ?? mistakesOf(load))}`];
      });
      assert.deepEqual(wrong, []);
    });
  }
});
