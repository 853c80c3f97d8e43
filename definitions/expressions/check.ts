import type { ExpressionProblem } from "./expression-error";
import { missingName } from "./missing-name";
import type { Expression, Template } from "./syntax-tree";

/** The names that a scope will have: a map goes on, `"any"` allows everything below it. */
export interface KnownNames {
  readonly [name: string]: KnownNames | "any";
}

/**
 * Checks a template's names before there are values: every problem, with offset and the nearest valid name.
 * Names behind a computed index are left to the evaluation. In `default(a.b, x)` only `a` has to be known.
 */
export function checkTemplate(template: Template, known: KnownNames): ExpressionProblem[] {
  const problems: ExpressionProblem[] = [];
  for (const part of template.parts) {
    if (part.kind === "expression") check(part.expression, known, false, problems);
  }
  return problems;
}

/** Returns what is known below the expression's value. */
function check(
  expression: Expression,
  known: KnownNames,
  mayMiss: boolean,
  problems: ExpressionProblem[],
): KnownNames | "any" {
  switch (expression.kind) {
    case "literal":
      return "any";
    case "name":
      return lookUp(known, expression.name, expression, "", problems);
    case "member": {
      const below = check(expression.object, known, mayMiss, problems);
      const { key } = expression;
      if (key.kind !== "literal") check(key, known, false, problems);
      if (key.kind !== "literal" || typeof key.value !== "string" || below === "any") return "any";
      if (mayMiss && !Object.hasOwn(below, key.value)) return "any";
      return lookUp(below, key.value, key, nameOf(expression.object), problems);
    }
    case "not":
      check(expression.operand, known, mayMiss, problems);
      return "any";
    case "call":
      expression.args.forEach((arg, index) => {
        check(arg, known, expression.name === "default" && index === 0, problems);
      });
      return "any";
    case "binary":
      check(expression.left, known, mayMiss, problems);
      check(expression.right, known, mayMiss, problems);
      return "any";
  }
}

function lookUp(
  names: KnownNames,
  name: string,
  place: Expression,
  path: string,
  problems: ExpressionProblem[],
): KnownNames | "any" {
  const below = Object.hasOwn(names, name) ? names[name] : undefined;
  if (below !== undefined) return below;
  problems.push(missingName(name, place, path, Object.keys(names)));
  return "any";
}

function nameOf(expression: Expression): string {
  if (expression.kind === "name") return expression.name;
  if (expression.kind !== "member" || expression.key.kind !== "literal") return "the value";
  return `${nameOf(expression.object)}.${String(expression.key.value)}`;
}
