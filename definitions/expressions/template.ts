import { parseExpression } from "./parser";
import type { Template, TemplatePart } from "./syntax-tree";

const OPEN = "${{";

/**
 * Parses text with `${{ expression }}` in it. `$${{` stands for a plain `${{`.
 * @throws ExpressionError with the offset of the first mistake.
 */
export function parseTemplate(text: string): Template {
  const parts: TemplatePart[] = [];
  let plain = "";
  let offset = 0;
  const flush = () => {
    if (plain !== "") parts.push({ kind: "text", text: plain });
    plain = "";
  };
  for (;;) {
    const open = text.indexOf(OPEN, offset);
    if (open < 0) break;
    if (open > offset && text[open - 1] === "$") {
      plain += text.slice(offset, open - 1) + OPEN;
      offset = open + OPEN.length;
      continue;
    }
    plain += text.slice(offset, open);
    flush();
    const { expression, end } = parseExpression(text, open + OPEN.length);
    parts.push({ kind: "expression", expression });
    offset = end;
  }
  plain += text.slice(offset);
  flush();
  return { text, parts };
}

/** Whether a text has an expression (or an escaped one) in it, so that it has to be parsed. */
export function hasExpression(text: string): boolean {
  return text.includes(OPEN);
}
