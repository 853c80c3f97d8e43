export { checkTemplate, type KnownNames } from "./check";
export { evaluateTemplate, evaluateValue, type Scope } from "./evaluate";
export { ExpressionError, type ExpressionProblem } from "./expression-error";
export { FUNCTION_NAMES } from "./functions";
export type { Expression, Template, TemplatePart } from "./syntax-tree";
export { hasExpression, parseTemplate } from "./template";
