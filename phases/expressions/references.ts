import type { Expression, Template } from "../../definitions/expressions";

/** A value that an expression names, from the first word down: `["vars", "build", "flags"]`. */
export type Reference = readonly [root: string, ...path: string[]];

/** Every value that a template names. Below a computed index the whole value before it counts as named. */
export function referencesOf(template: Template): Reference[] {
  const found: Reference[] = [];
  for (const part of template.parts) {
    if (part.kind === "expression") collect(part.expression, found);
  }
  return found;
}

/** Whether a template names something under a root such as `secrets`. */
export function refersTo(template: Template, root: string): boolean {
  return referencesOf(template).some(([first]) => first === root);
}

function collect(expression: Expression, found: Reference[]): void {
  switch (expression.kind) {
    case "literal":
      return;
    case "name":
    case "member": {
      const { reference, computed } = referenceOf(expression);
      computed.forEach((key) => collect(key, found));
      if (reference === undefined) collectObject(expression, found);
      else found.push(reference);
      return;
    }
    case "not":
      collect(expression.operand, found);
      return;
    case "call":
      expression.args.forEach((arg) => collect(arg, found));
      return;
    case "binary":
      collect(expression.left, found);
      collect(expression.right, found);
      return;
  }
}

/** A member of something that has no name of its own, as `(vars.a || vars.b).c`. */
function collectObject(expression: Expression, found: Reference[]): void {
  if (expression.kind === "member") collect(expression.object, found);
}

function referenceOf(expression: Expression): { reference: Reference | undefined; computed: Expression[] } {
  if (expression.kind === "name") return { reference: [expression.name], computed: [] };
  if (expression.kind !== "member") return { reference: undefined, computed: [] };
  const { reference, computed } = referenceOf(expression.object);
  const { key } = expression;
  if (key.kind !== "literal") return { reference, computed: [...computed, key] };
  if (reference === undefined || computed.length > 0) return { reference, computed };
  return { reference: [...reference, String(key.value)], computed };
}
