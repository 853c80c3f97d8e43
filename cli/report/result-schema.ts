import { z } from "zod";
import { RunResult } from "../../phases/lifecycle/result";

/** JSON Schema of `result.json`, as committed in `schemas/result.schema.json`. */
export function resultSchema(): string {
  const schema = z.toJSONSchema(RunResult, { target: "draft-2020-12" });
  const named = { ...schema, title: "Result of one run of a guest (guest-farm)" };
  return `${JSON.stringify(named, undefined, 2)}\n`;
}
