import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { jsonSchemas } from "../../../../definitions/schemas/json-schema";

type Json = Readonly<Record<string, unknown>>;

const folder = join(__dirname, "..", "..", "..", "..", "schemas");
const generated = jsonSchemas();
const schema = (name: string) => JSON.parse(generated[`${name}.schema.json`] ?? "null") as Json;
const properties = (of: Json) => of["properties"] as Readonly<Record<string, Json>>;

/** Follows a reference inside a schema. */
function resolved(root: Json, node: Json | undefined): Json {
  const reference = node?.["$ref"];
  if (typeof reference !== "string") return node ?? {};
  return resolved(root, (root["$defs"] as Record<string, Json>)[reference.replace("#/$defs/", "")]);
}

describe("JSON Schemas", () => {
  for (const name of Object.keys(generated)) {
    it(`${name} is committed as it would be generated now`, () => {
      const committed: unknown = JSON.parse(readFileSync(join(folder, name), "utf8"));
      const hint = "run: npx tsx definitions/schemas/generate.ts && npx prettier --write schemas";
      assert.deepEqual(committed, JSON.parse(generated[name] ?? ""), hint);
    });

    it(`${name} has no reference that leads nowhere`, () => {
      const text = generated[name] ?? "";
      const defs = Object.keys((JSON.parse(text) as { $defs?: Json }).$defs ?? {});
      for (const [, target] of text.matchAll(/"#\/\$defs\/([^"]+)"/g))
        assert.ok(defs.includes(target ?? ""), target);
    });
  }

  it("let an expression stand for a number, not in projects", () => {
    const platform = schema("platform");
    const vcpus = JSON.stringify(resolved(platform, properties(platform)["vcpus"]));
    assert.match(vcpus, /"integer"/);
    assert.match(vcpus, /\\\\\$\\\\\{\\\\\{/);
    assert.doesNotMatch(generated["project.schema.json"] ?? "", /\\\\\$\\\\\{/);
  });

  it("let +key add to a list", () => {
    const platform = schema("platform");
    assert.deepEqual(properties(platform)["+nics"], properties(platform)["nics"]);
    assert.equal(properties(platform)["+memory"], undefined);
  });

  it("close what the loader closes and leave open what may have keys of the user's own", () => {
    assert.equal(schema("farm")["additionalProperties"], false);
    assert.equal(schema("project")["additionalProperties"], false);
    assert.notEqual(schema("platform")["additionalProperties"], false);
  });
});
