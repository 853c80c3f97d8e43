import { quoteForShell } from "../../connections/quote";
import {
  evaluateValue,
  ExpressionError,
  type Expression,
  type Scope,
  type Template,
} from "../../definitions/expressions";
import { PowerShellScanner } from "./powershell-scanner";
import { type Hazard, hazardOf } from "./shell-hazards";
import { ShellScanner, type ScriptPlace } from "./shell-scanner";

export type ScriptShell = "sh" | "bash" | "powershell";

/** A script with expressions in it, and where in the script each of them stands. */
export interface ScriptTemplate {
  readonly template: Template;
  readonly shell: ScriptShell;
  readonly parts: readonly ScriptPart[];
}

type ScriptPart =
  | { readonly kind: "text"; readonly text: string }
  | {
      readonly kind: "value";
      readonly expression: Expression;
      readonly place: ScriptPlace;
      /** Where only a whole number can stand, and what else to do. */
      readonly number?: { readonly where: string; readonly remedy?: string };
    };

/**
 * Finds out where a script's values land.
 *
 * @throws ExpressionError for a value where the shell expands nothing (a here-document with a quoted delimiter, a
 * single-quoted text of PowerShell), and where it would run it (`sh -c`, `eval`, `trap`).
 */
export function scriptTemplate(template: Template, shell: ScriptShell): ScriptTemplate {
  const scanner = shell === "powershell" ? new PowerShellScanner() : new ShellScanner(shell);
  const parts = template.parts.map((part, index): ScriptPart => {
    if (part.kind === "text") {
      scanner.feed(part.text);
      return part;
    }
    const place = scanner.place();
    if (place === "quoted heredoc") throw misplaced(part.expression, "a here-document that expands nothing");
    if (place === "single" && shell === "powershell") throw misplaced(part.expression, "single quotes");
    const hazard = scanner instanceof ShellScanner ? hazardAt(scanner, place, template, index) : undefined;
    if (hazard?.does === "run") throw runnable(part.expression, hazard);
    scanner.value();
    const number = place === "arithmetic" ? { where: "shell arithmetic" } : hazard;
    return { kind: "value", expression: part.expression, place, ...(number && { number }) };
  });
  return { template, shell, parts };
}

/** Comments and here-documents are no words of a command; arithmetic has its own rule. */
const IN_WORDS: ReadonlySet<ScriptPlace> = new Set(["plain", "single", "double", "ansi-c"]);

function hazardAt(
  scanner: ShellScanner,
  place: ScriptPlace,
  template: Template,
  index: number,
): Hazard | undefined {
  if (!IN_WORDS.has(place)) return undefined;
  const rest = template.parts.slice(index + 1).map((part) => (part.kind === "text" ? part.text : "\0"));
  return hazardOf({ ...scanner.word(), rest: rest.join("") });
}

/**
 * The script with its values. A value is never part of the script's own text: it is assigned, quoted, to a variable
 * in front of the script's first line, and the script names that variable where the expression stood. So whatever a
 * value holds, it is data. A list becomes one word for each item where words are expected, else its items with
 * blanks between.
 *
 * @throws ExpressionError for a value that cannot be evaluated, a map, and anything but a whole number where the shell
 * calculates.
 */
export function renderScript(script: ScriptTemplate, scope: Scope): string {
  const dialect = script.shell === "powershell" ? POWERSHELL : POSIX;
  const assignments: string[] = [];
  const assign = (value: string): string => {
    const name = `GUEST_FARM_${assignments.length + 1}`;
    assignments.push(dialect.assign(name, quoteForShell(value, script.shell)));
    return name;
  };
  const body = script.parts
    .map((part) => {
      if (part.kind === "text") return part.text;
      const items = itemsOf(part.expression, scope);
      if (part.number !== undefined) return wholeNumber(part.expression, items, part.number);
      const words = part.place === "plain" && Array.isArray(items);
      const values = words ? items : [Array.isArray(items) ? items.join(" ") : items];
      return dialect.refer(values.map(assign), part.place);
    })
    .join("");
  return assignments.join("") + body;
}

interface Dialect {
  assign(name: string, quoted: string): string;
  refer(names: readonly string[], place: ScriptPlace): string;
}

const POSIX: Dialect = {
  assign: (name, quoted) => `${name}=${quoted}; `,
  refer: (names, place) => {
    if (place === "plain") return names.map((name) => `"\${${name}}"`).join(" ");
    const all = names.map((name) => `\${${name}}`).join(" ");
    if (place === "single") return `'"${all}"'`;
    return place === "ansi-c" ? `'"${all}"$'` : all;
  },
};

const POWERSHELL: Dialect = {
  assign: (name, quoted) => `$${name} = ${quoted}; `,
  refer: (names, place) => {
    const all = names.map((name) => `\${${name}}`);
    if (place !== "plain" || all.length === 1) return all.join(" ");
    return `@(${all.join(", ")})`;
  },
};

function itemsOf(expression: Expression, scope: Scope): string | readonly string[] {
  const value = evaluateValue({ text: "", parts: [{ kind: "expression", expression }] }, scope);
  return Array.isArray(value) ? value.map((item) => textOf(item, expression)) : textOf(value, expression);
}

function textOf(value: unknown, expression: Expression): string {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value === "string" && !value.includes("\0")) return value;
  throw new ExpressionError({
    offset: expression.offset,
    length: expression.length,
    what:
      typeof value === "string"
        ? "the value has a NUL character in it, which no script can hold"
        : "the expression gives a map or nothing, which cannot stand in a script",
    allowed: "text, a number, true/false, or a list of them",
  });
}

function wholeNumber(
  expression: Expression,
  value: string | readonly string[],
  { where, remedy }: { readonly where: string; readonly remedy?: string },
): string {
  if (typeof value === "string" && /^-?[0-9]+$/.test(value)) return value;
  throw new ExpressionError({
    offset: expression.offset,
    length: expression.length,
    what: `inside ${where} only a whole number can stand: the shell runs what else is there`,
    found: typeof value === "string" ? JSON.stringify(value) : "a list",
    ...(remedy !== undefined && { remedy }),
  });
}

function runnable(expression: Expression, { where, remedy }: Hazard): ExpressionError {
  return new ExpressionError({
    offset: expression.offset,
    length: expression.length,
    what: `an expression cannot stand in ${where}: the shell would run the value`,
    remedy,
  });
}

function misplaced(expression: Expression, where: string): ExpressionError {
  return new ExpressionError({
    offset: expression.offset,
    length: expression.length,
    what: `an expression cannot stand in ${where}: the shell would not put the value in`,
    allowed: "double quotes, a here-document that expands, or `env` and a variable of the script",
  });
}
