import {
  evaluateValue,
  parseTemplate,
  ExpressionError,
  type Scope,
  type Template,
} from "../../definitions/expressions";

/**
 * A `when`: one expression, with or without `${{ }}` around it, or a plain true or false.
 *
 * @throws ExpressionError for anything else.
 */
export function parseCondition(text: string | boolean): Template {
  const template = parseTemplate(isWrapped(text) ? text : `\${{${text}}}`);
  if (template.parts.length === 1 && template.parts[0]?.kind === "expression") return template;
  throw new ExpressionError({
    offset: 0,
    length: String(text).length,
    what: "a condition has to be one expression and nothing else",
    found: String(text),
    allowed: "as target.name == 'amd64'",
  });
}

/** Characters that `parseCondition` puts in front of a text without `${{`. */
export function conditionShift(text: string | boolean): number {
  return isWrapped(text) ? 0 : 3;
}

/** Whether a condition holds. False are false, 0, nothing and empty text, as in `&&` and `||`. */
export function holds(condition: Template, scope: Scope): boolean {
  const value = evaluateValue(condition, scope);
  return value !== false && value !== null && value !== undefined && value !== "" && value !== 0;
}

function isWrapped(text: string | boolean): text is string {
  return typeof text === "string" && text.includes("${{");
}
