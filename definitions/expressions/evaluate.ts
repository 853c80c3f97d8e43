import { ExpressionError } from "./expression-error";
import { describeValue, FUNCTIONS } from "./functions";
import { missingName } from "./missing-name";
import type { Expression, Template } from "./syntax-tree";

/** What expressions see: plain data by name. Own properties only; a getter may compute its value. */
export type Scope = Readonly<Record<string, unknown>>;

/**
 * The text of a template. Every value that an expression puts in goes through `quote` first (for instance the
 * quoting of a shell); the template's own text does not.
 * @throws ExpressionError for an unknown name, a wrong type, or a value that is no text, number or boolean.
 */
export function evaluateTemplate(
  template: Template,
  scope: Scope,
  quote: (text: string) => string = (text) => text,
): string {
  return template.parts
    .map((part) => {
      if (part.kind === "text") return part.text;
      const value = evaluateExpression(part.expression, scope);
      if (typeof value === "string") return quote(value);
      if (typeof value === "number" || typeof value === "boolean") return quote(String(value));
      throw new ExpressionError({
        ...placeOf(part.expression),
        what: `the expression gives ${describeValue(value)}, which cannot stand inside text`,
        allowed: "text, a number or true/false; join(list, ' ') makes text of a list",
      });
    })
    .join("");
}

/** As `evaluateTemplate`, but a template that is one expression and nothing else keeps its type: number, list, map. */
export function evaluateValue(template: Template, scope: Scope): unknown {
  const [only, ...rest] = template.parts;
  if (only?.kind === "expression" && rest.length === 0) return evaluateExpression(only.expression, scope);
  return evaluateTemplate(template, scope);
}

function evaluateExpression(expression: Expression, scope: Scope): unknown {
  switch (expression.kind) {
    case "literal":
      return expression.value;
    case "name":
      return lookUp(scope, expression.name, expression, "");
    case "member":
      return memberOf(expression, scope);
    case "not":
      return !isTrue(evaluateExpression(expression.operand, scope));
    case "call":
      return callFunction(expression, scope);
    case "binary": {
      const left = evaluateExpression(expression.left, scope);
      if (expression.operator === "&&")
        return isTrue(left) ? evaluateExpression(expression.right, scope) : left;
      if (expression.operator === "||")
        return isTrue(left) ? left : evaluateExpression(expression.right, scope);
      const same = left === evaluateExpression(expression.right, scope);
      return expression.operator === "==" ? same : !same;
    }
  }
}

function memberOf(expression: Expression & { kind: "member" }, scope: Scope): unknown {
  const object = evaluateExpression(expression.object, scope);
  const key = evaluateExpression(expression.key, scope);
  if (Array.isArray(object) && typeof key === "number") {
    if (Number.isInteger(key) && key >= 0 && key < object.length) return object[key] as unknown;
    throw new MissingNameError({
      ...placeOf(expression.key),
      what: `the list ${pathOf(expression.object)} has no item ${key}`,
      allowed: object.length === 0 ? "nothing, it is empty" : `0 to ${object.length - 1}`,
    });
  }
  if (typeof object !== "object" || object === null || Array.isArray(object)) {
    throw new ExpressionError({
      ...placeOf(expression.object),
      what: `${pathOf(expression.object)} is ${describeValue(object)}, it has no "${String(key)}" in it`,
    });
  }
  return lookUp(object as Scope, String(key), expression.key, pathOf(expression.object));
}

function lookUp(object: Scope, name: string, place: Expression, path: string): unknown {
  if (Object.hasOwn(object, name) && object[name] !== undefined) return object[name];
  throw new MissingNameError(missingName(name, place, path, Object.keys(object)));
}

function callFunction(expression: Expression & { kind: "call" }, scope: Scope): unknown {
  const [first, second] = expression.args;
  if (expression.name === "default" && first !== undefined && second !== undefined) {
    const value = valueIfThere(first, scope);
    return value === undefined || value === null || value === "" ? evaluateExpression(second, scope) : value;
  }
  const values = expression.args.map((arg) => evaluateExpression(arg, scope));
  try {
    return FUNCTIONS[expression.name]?.call(values);
  } catch (error) {
    throw new ExpressionError({ ...placeOf(expression), what: (error as Error).message });
  }
}

function valueIfThere(expression: Expression, scope: Scope): unknown {
  try {
    return evaluateExpression(expression, scope);
  } catch (error) {
    if (error instanceof MissingNameError) return undefined;
    throw error;
  }
}

/** A name that is not there: the one error that `default` forgives. */
class MissingNameError extends ExpressionError {}

/** False, null, 0 and empty text are false; everything else is true. */
function isTrue(value: unknown): boolean {
  return value !== false && value !== null && value !== undefined && value !== "" && value !== 0;
}

/** The expression as the user wrote it, for messages. */
function pathOf(expression: Expression): string {
  if (expression.kind === "name") return expression.name;
  if (expression.kind !== "member") return "the value";
  const { key } = expression;
  const last = key.kind === "literal" ? String(key.value) : "...";
  const dotted = key.kind === "literal" && typeof key.value === "string";
  return dotted ? `${pathOf(expression.object)}.${last}` : `${pathOf(expression.object)}[${last}]`;
}

function placeOf(expression: Expression): { readonly offset: number; readonly length: number } {
  return { offset: expression.offset, length: expression.length };
}
