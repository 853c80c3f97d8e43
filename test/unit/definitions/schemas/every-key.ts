/** A piece of a JSON Schema. */
export type Schema = Readonly<Record<string, unknown>>;

/** One key of a definition file, written with a value of a kind that it cannot have. */
export interface WrongValue {
  /** As mistakes write it: `hypervisors.a.limits.memory`. */
  readonly path: string;
  readonly value: unknown;
  /** The whole file: nothing but the key, and what has to be around it. */
  readonly document: unknown;
}

/** Puts the value of a key where the key is in the document. */
type Wrap = (value: unknown) => unknown;

/** Values of every kind; a key gets those that it cannot have. */
const VALUES: readonly unknown[] = [{ nonsense: true }, [{ nonsense: true }], -1.5, true, "no\u0001/n sense"];

/** Goes through all keys of a JSON Schema, and gives each a wrong value of every kind in turn. */
export function wrongValues(root: Schema): WrongValue[] {
  const found = new Map<string, WrongValue>();
  const follow = (schema: Schema): Schema => {
    const reference = schema["$ref"];
    if (typeof reference !== "string") return schema;
    return follow((root["$defs"] as Record<string, Schema>)[reference.replace("#/$defs/", "")] ?? {});
  };
  const branches = (schema: Schema): Schema[] => {
    const own = follow(schema);
    const either = (own["anyOf"] ?? own["oneOf"]) as Schema[] | undefined;
    return either === undefined ? [own] : either.flatMap(branches);
  };

  const visit = (schema: Schema, path: string, wrap: Wrap, above: readonly Schema[]): void => {
    const all = branches(schema);
    const wrong = VALUES.filter((value) => !all.some((one) => accepts(one, value)));
    for (const value of path === "" ? [] : wrong) {
      found.set(`${path} ${JSON.stringify(value)}`, { path, value, document: wrap(value) });
    }
    for (const branch of all) if (!above.includes(branch)) inside(branch, path, wrap, [...above, branch]);
  };
  const inside = (schema: Schema, path: string, wrap: Wrap, above: readonly Schema[]): void => {
    const properties = (schema["properties"] ?? {}) as Readonly<Record<string, Schema>>;
    const needed = neededKeys(schema, follow);
    for (const [key, property] of Object.entries(properties)) {
      if (key.startsWith("+")) continue;
      const siblings = Object.fromEntries(Object.entries(needed).filter(([name]) => name !== key));
      const at = path === "" ? key : `${path}.${key}`;
      visit(property, at, (value) => wrap({ ...siblings, [key]: value }), above);
    }
    const items = schema["items"] as Schema | undefined;
    if (items !== undefined) visit(items, `${path}[0]`, (value) => wrap([value]), above);
    const others = schema["additionalProperties"];
    if (typeof others === "object" && others !== null && Object.keys(others).length > 0) {
      visit(others as Schema, `${path}.a`, (value) => wrap({ a: value }), above);
    }
  };
  visit(root, "", (value) => value, []);
  return [...found.values()];
}

/** Whether a schema that is no choice of several takes a value, as far as its kind, its words and its pattern go. */
function accepts(schema: Schema, value: unknown): boolean {
  const { const: only, enum: words, type, pattern, minimum, exclusiveMinimum } = schema;
  if (only !== undefined) return value === only;
  if (Array.isArray(words)) return words.includes(value);
  if (type === undefined) return true;
  const kind = Array.isArray(value) ? "array" : typeof value;
  const kinds = Array.isArray(type) ? (type as unknown[]) : [type];
  if (!kinds.includes(kind)) return false;
  if (typeof value === "string") return typeof pattern !== "string" || new RegExp(pattern, "u").test(value);
  return typeof value !== "number" || value > Number(minimum ?? exclusiveMinimum ?? -Infinity);
}

/** What has to stand beside a key, with a value that is right as far as a schema can tell. */
function neededKeys(schema: Schema, follow: (schema: Schema) => Schema): Record<string, unknown> {
  const properties = (schema["properties"] ?? {}) as Readonly<Record<string, Schema>>;
  const needed = (schema["required"] ?? []) as string[];
  return Object.fromEntries(needed.map((key) => [key, sample(properties[key] ?? {}, follow)]));
}

function sample(schema: Schema, follow: (schema: Schema) => Schema): unknown {
  const own = follow(schema);
  const [first] = (own["anyOf"] ?? own["oneOf"] ?? []) as Schema[];
  if (first !== undefined) return sample(first, follow);
  if (own["const"] !== undefined) return own["const"];
  if (Array.isArray(own["enum"])) return own["enum"][0];
  if (own["type"] === "array") return own["minItems"] === 1 ? ["sample"] : [];
  if (own["type"] === "object") return neededKeys(own, follow);
  if (own["type"] === "boolean") return true;
  return own["type"] === "integer" || own["type"] === "number" ? 22 : "sample";
}
