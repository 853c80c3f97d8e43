import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import { canonicalJson } from "../definitions/canonical-json";

/** Inputs or state as Pulumi hands them over: plain JSON, not yet checked. */
export type Properties = Record<string, unknown>;

/** How one kind of resource is made, looked at, changed and removed. */
export interface ResourceHandler {
  check(olds: Properties, news: Properties): Promise<pulumi.dynamic.CheckResult>;
  diff(id: string, olds: Properties, news: Properties): Promise<pulumi.dynamic.DiffResult>;
  create(inputs: Properties): Promise<pulumi.dynamic.CreateResult>;
  read(id: string, props: Properties): Promise<pulumi.dynamic.ReadResult>;
  update(id: string, olds: Properties, news: Properties): Promise<pulumi.dynamic.UpdateResult>;
  delete(id: string, props: Properties): Promise<void>;
}

/** What stands in an input whose value is not known yet. Source: `unknownValue` in @pulumi/pulumi/runtime/rpc. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Whether a value, or anything inside it, is not known yet (in a preview). */
export function hasUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  if (Array.isArray(value)) return value.some(hasUnknown);
  if (value !== null && typeof value === "object") return Object.values(value).some(hasUnknown);
  return false;
}

/**
 * Checks inputs against a schema and reports every mistake with its path. What is not known yet is checked when
 * the resource is created.
 */
export function checkInputs(schema: z.ZodType, news: Properties): pulumi.dynamic.CheckResult {
  if (hasUnknown(news)) return { inputs: news };
  const parsed = schema.safeParse(withoutProvider(news));
  if (parsed.success) return { inputs: news };
  return {
    failures: parsed.error.issues.map((issue) => ({ property: issue.path.join("."), reason: issue.message })),
  };
}

/** The inputs without what Pulumi adds for its own use. */
export function withoutProvider(props: Properties): Properties {
  return Object.fromEntries(Object.entries(props).filter(([key]) => key !== "__provider"));
}

/** Parses inputs or state that have passed `checkInputs`. @throws ZodError when they have not. */
export function parseInputs<T>(schema: z.ZodType<T>, props: Properties, keys: readonly string[]): T {
  return schema.parse(Object.fromEntries(keys.filter((key) => key in props).map((key) => [key, props[key]])));
}

/** Names of the inputs whose values differ. */
export function changedKeys(olds: Properties, news: Properties, keys: readonly string[]): string[] {
  return keys.filter((key) => canonicalJson(olds[key]) !== canonicalJson(news[key]));
}
