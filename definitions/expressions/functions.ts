/** A function that expressions may call. `default` is not here: its first argument may be missing. */
export interface ExpressionFunction {
  readonly minArgs: number;
  readonly maxArgs: number;
  readonly usage: string;
  /** @throws Error with a sentence for the user when an argument has the wrong type. */
  call(args: readonly unknown[]): unknown;
}

export const FUNCTIONS: Readonly<Record<string, ExpressionFunction>> = {
  join: {
    minArgs: 1,
    maxArgs: 2,
    usage: "join(list, separator)",
    call: ([list, separator = ","]) => {
      if (!Array.isArray(list)) throw new Error("the first argument of join has to be a list");
      return list.map((item) => textOf(item, "join")).join(textOf(separator, "join"));
    },
  },
  lower: {
    minArgs: 1,
    maxArgs: 1,
    usage: "lower(text)",
    call: ([text]) => textOf(text, "lower").toLowerCase(),
  },
  upper: {
    minArgs: 1,
    maxArgs: 1,
    usage: "upper(text)",
    call: ([text]) => textOf(text, "upper").toUpperCase(),
  },
  replace: {
    minArgs: 3,
    maxArgs: 3,
    usage: "replace(text, from, to)",
    call: ([text, from, to]) =>
      textOf(text, "replace").replaceAll(textOf(from, "replace"), () => textOf(to, "replace")),
  },
  contains: {
    minArgs: 2,
    maxArgs: 2,
    usage: "contains(listOrText, item)",
    call: ([whole, item]) => {
      if (Array.isArray(whole)) return whole.includes(item);
      return textOf(whole, "contains").includes(textOf(item, "contains"));
    },
  },
};

/** Names of all functions, for messages. */
export const FUNCTION_NAMES: readonly string[] = ["default", ...Object.keys(FUNCTIONS)];

function textOf(value: unknown, name: string): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new Error(`${name} needs text, not ${describeValue(value)}`);
}

/** What kind of value it is, for messages. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "a map" : `a ${typeof value === "string" ? "text" : typeof value}`;
}
