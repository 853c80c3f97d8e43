import { z } from "zod";
import { FarmDefinition } from "./farm";
import { PlatformDefinition, TargetDefinition } from "./guest";
import { ProjectDefinition } from "./project";

/** The files that editors can complete and check, with the schema of each. */
const FILES = {
  farm: { schema: FarmDefinition, title: "guest-farm farm file (farm.yaml)", expressions: true },
  platform: {
    schema: PlatformDefinition,
    title: "guest-farm platform (platforms/<name>.yaml)",
    expressions: true,
  },
  target: { schema: TargetDefinition, title: "guest-farm target (targets/<name>.yaml)", expressions: true },
  project: {
    schema: ProjectDefinition,
    title: "guest-farm project (projects/<name>.yaml)",
    expressions: false,
  },
} as const;

type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };
type JsonMap = Readonly<Record<string, JsonValue>>;

/**
 * JSON Schemas of the definition files, by file name, as the text that is committed under `schemas/`. They allow what
 * the loader allows beyond the plain shapes: `${{ }}` in place of any value, and `+key` for every list.
 */
export function jsonSchemas(): Readonly<Record<string, string>> {
  const texts = Object.entries(FILES).map(([name, { schema, title, expressions }]) => {
    const plain = z.toJSONSchema(schema, { io: "input", reused: "ref" }) as JsonMap;
    const body = withAdditions(expressions ? withExpressions(plain) : plain, plain);
    const { $schema = "", ...rest } = body as JsonMap;
    return [`${name}.schema.json`, `${JSON.stringify({ $schema, title, ...rest }, null, 2)}\n`] as const;
  });
  return Object.fromEntries(texts);
}

const EXPRESSION: JsonMap = { type: "string", pattern: "\\$\\{\\{" };

/** Lets an expression stand for numbers, truth values, closed sets of words and patterned texts. */
function withExpressions(value: JsonValue): JsonValue {
  if (isList(value)) return value.map(withExpressions);
  if (!isMap(value)) return value;
  const inner = mapValues(value, withExpressions);
  const closed =
    inner["enum"] !== undefined ||
    inner["pattern"] !== undefined ||
    ["number", "integer", "boolean"].some((type) => inner["type"] === type);
  return closed ? { anyOf: [inner, EXPRESSION] } : inner;
}

/** Adds `+key` beside every key that takes a list. `root` is where references lead. */
function withAdditions(value: JsonValue, root: JsonMap): JsonValue {
  if (isList(value)) return value.map((item) => withAdditions(item, root));
  if (!isMap(value)) return value;
  const inner = mapValues(value, (each) => withAdditions(each, root));
  const properties = inner["properties"];
  if (!isMap(properties) || inner["type"] !== "object") return inner;
  const lists = Object.entries(properties).filter(([, schema]) => takesList(schema, root));
  const additions = Object.fromEntries(lists.map(([key, schema]) => [`+${key}`, schema]));
  return { ...inner, properties: { ...properties, ...additions } };
}

function takesList(schema: JsonValue, root: JsonMap): boolean {
  if (!isMap(schema)) return false;
  const { $ref, $defs = root["$defs"] } = schema;
  if (typeof $ref !== "string") return schema["type"] === "array";
  const target = isMap($defs) ? $defs[$ref.replace("#/$defs/", "")] : undefined;
  return target !== undefined && takesList(target, root);
}

function mapValues(map: JsonMap, change: (value: JsonValue) => JsonValue): JsonMap {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function isMap(value: JsonValue | undefined): value is JsonMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
