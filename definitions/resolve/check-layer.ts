import type { z } from "zod";
import { checkTemplate, ExpressionError, hasExpression, parseTemplate } from "../expressions";
import { settle } from "../source/merge";
import { addSchemaIssues, type Mistakes } from "../source/mistakes";
import { nodeAt, plainOf, type SourceNode, type Source } from "../source/node";
import type { Path } from "../source/yaml-file";

/** Names that expressions in definitions may start with. */
export const KNOWN_NAMES = { stack: {}, guest: "any", platform: "any", target: "any", vars: "any" } as const;

/** Checks the shape of a definition as it is written, before anything is merged. What expressions give is checked later. */
export function checkShape(node: SourceNode, schema: z.ZodType, mistakes: Mistakes): void {
  const settled = settle(node);
  const plain = plainOf(settled);
  const result = schema.safeParse(plain);
  if (!result.success) {
    addSchemaIssues(mistakes, result.error.issues, plain, (path) => sourceAt(settled, path), true);
  }
}

/** Where a path of a node was written; of a missing one, where it would have been. */
export function sourceAt(node: SourceNode, path: Path): Source {
  for (let length = path.length; ; length--) {
    const here = nodeAt(node, path.slice(0, length));
    const complete = length === 0 || here !== nodeAt(node, path.slice(0, length - 1));
    if (complete) return { file: here.source.file, path: [...here.source.path, ...path.slice(length)] };
  }
}

/** Checks the syntax of every expression below a node, its functions, and the names that it starts with. */
export function checkExpressions(node: SourceNode, mistakes: Mistakes): void {
  eachText(node, (text, source) => {
    try {
      for (const problem of checkTemplate(parseTemplate(text), KNOWN_NAMES))
        mistakes.expression(source, problem);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      mistakes.expression(source, error.problem);
    }
  });
}

/** For places that are read as they stand. */
export function refuseExpressions(node: SourceNode, mistakes: Mistakes): void {
  eachText(node, (_, source) =>
    mistakes.at(source, {
      what: "an expression cannot stand here: this is read before there are guests",
      remedy: "write the value itself",
    }),
  );
}

function eachText(node: SourceNode, visit: (text: string, source: Source) => void): void {
  if (node.kind === "map") node.entries.forEach((entry) => eachText(entry, visit));
  else if (node.kind === "list") node.items.forEach((item) => eachText(item, visit));
  else if (typeof node.value === "string" && hasExpression(node.value)) visit(node.value, node.source);
}
