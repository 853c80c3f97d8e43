import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { jsonSchemas } from "./json-schema";

/** Writes the JSON Schemas that are committed: `npx tsx definitions/schemas/generate.ts && npx prettier --write schemas`. */
function main(): void {
  const folder = join(__dirname, "..", "..", "schemas");
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(jsonSchemas())) writeFileSync(join(folder, name), text);
}

main();
