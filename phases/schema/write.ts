import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { phaseFileJsonSchema } from "./generate";

/** Writes `schemas/phase.schema.json` anew: `npx tsx phases/schema/write.ts && npx prettier --write schemas`. */
writeFileSync(
  join(__dirname, "../../schemas/phase.schema.json"),
  JSON.stringify(phaseFileJsonSchema(), null, 2),
);
