import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ACTION_NAMES } from "../../../phases/file/schema";
import { phaseFileJsonSchema } from "../../../phases/schema/generate";

describe("the JSON schema of phase files", () => {
  it("is the committed one", () => {
    const committed = readFileSync(join(__dirname, "../../../schemas/phase.schema.json"), "utf8");
    assert.deepEqual(
      JSON.parse(committed),
      JSON.parse(JSON.stringify(phaseFileJsonSchema())),
      "stale: npx tsx phases/schema/write.ts && npx prettier --write schemas",
    );
  });

  it("knows every action, and describes every key", () => {
    const schema = phaseFileJsonSchema() as {
      properties: {
        steps: {
          items: { anyOf: { title: string; properties: Record<string, { description?: string }> }[] };
        };
      };
    };
    const steps = schema.properties.steps.items.anyOf;
    assert.deepEqual(
      steps.map(({ title }) => title),
      ACTION_NAMES,
    );
    for (const { title, properties } of steps) {
      for (const [key, { description }] of Object.entries(properties))
        assert.ok(description, `${title}: ${key}`);
    }
  });
});
