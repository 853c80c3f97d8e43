import type { ZodError } from "zod";
import { UserError } from "../../definitions/user-error";
import { LifecycleSpec } from "./spec";

/** @throws UserError with everything that is wrong with a specification. */
export function parseSpec(text: string): LifecycleSpec {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    throw new UserError({ what: "the specification of the run on standard input is not JSON" });
  }
  const parsed = LifecycleSpec.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new UserError(mistakesOf(parsed.error));
}

function mistakesOf(error: ZodError) {
  return error.issues.map((issue) => ({ what: issue.message, path: issue.path.join(".") }));
}
