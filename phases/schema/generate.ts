import { z } from "zod";
import { ACTIONS } from "../file/schema";
import { VAR_NAME, VarsFile } from "../vars";

/**
 * JSON Schema (2020-12) of phase files, for editors: `# yaml-language-server: $schema=...` in a file's first line. It
 * comes from the same schemas that check the files. `vars.yaml` is described under `$defs/vars`.
 */
export function phaseFileJsonSchema(): object {
  const steps = Object.entries(ACTIONS).map(([name, schema]) => ({ title: name, ...plain(schema) }));
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "guest-farm phase file",
    description: "Steps of one phase: dependencies, init, main or terminate.",
    type: "object",
    properties: {
      steps: { type: "array", description: "Run in this order.", items: { anyOf: steps } },
    },
    required: ["steps"],
    additionalProperties: false,
    $defs: {
      vars: {
        description: VarsFile.description,
        type: "object",
        propertyNames: { pattern: VAR_NAME.source },
      },
    },
  };
}

function plain(schema: z.ZodType): Record<string, unknown> {
  const described = Object.entries(z.toJSONSchema(schema, { io: "input" }));
  return Object.fromEntries(described.filter(([key]) => key !== "$schema"));
}
