import {
  evaluateTemplate,
  evaluateValue,
  ExpressionError,
  hasExpression,
  parseTemplate,
  type Scope,
  type Template,
} from "../expressions";
import type { Mistakes } from "../source/mistakes";
import { isBuiltIn, plainOf, type Source, type SourceNode } from "../source/node";
import { pathText } from "../source/yaml-file";
import type { TextFile } from "./sources";
import { expressionMistake } from "./templates";

/** Evaluates the expressions of definitions. One per resolve: it remembers parsed templates. */
export class Evaluator {
  private readonly templates = new Map<string, Template>();

  constructor(private readonly mistakes: Mistakes) {}

  /**
   * The plain data of a node; what cannot be evaluated is a mistake, and undefined in the result.
   * @param guest whose definition it is: a mistake in a built-in definition is told where the guest is declared
   */
  plain(node: SourceNode, scope: Scope, guest: { readonly name: string; readonly source: Source }): unknown {
    return plainOf(node, (value, leaf) => {
      try {
        return this.leaf(value, leaf.source, scope);
      } catch (error) {
        if (!(error instanceof LocatedError)) throw error;
        this.report(error, guest);
        return undefined;
      }
    });
  }

  /**
   * The text of a file with the values of its expressions; undefined: a mistake was told.
   * @param quote makes a value safe where it is put
   */
  text(
    file: TextFile,
    scope: Scope,
    guest: { readonly name: string; readonly source: Source },
    quote: (value: string) => string,
  ): string | undefined {
    if (!hasExpression(file.text)) return file.text;
    try {
      return evaluateTemplate(this.parsed(file.text), scope, quote);
    } catch (error) {
      if (error instanceof LocatedError) this.report(error, guest);
      else if (error instanceof ExpressionError) this.mistakes.add(expressionMistake(file, error.problem));
      else throw error;
      return undefined;
    }
  }

  private parsed(text: string): Template {
    let template = this.templates.get(text);
    if (template === undefined) this.templates.set(text, (template = parseTemplate(text)));
    return template;
  }

  private report(error: LocatedError, guest: { readonly name: string; readonly source: Source }): void {
    const { source, inner } = error;
    if (!isBuiltIn(source.file)) {
      this.mistakes.expression(source, inner.problem);
      return;
    }
    this.mistakes.at(guest.source, {
      what: `guest "${guest.name}" does not fit ${source.file.name}: ${inner.problem.what} (${pathText(source.path)})`,
      found: inner.problem.found,
      allowed: inner.problem.allowed,
      remedy: "take another platform or target, or write a platform of your own that extends this one",
    });
  }

  /**
   * Definitions as a part of a scope: each is evaluated when an expression first asks for it, so that they may refer
   * to each other in any order.
   */
  lazy(entries: ReadonlyMap<string, SourceNode>, scope: () => Scope, label: string): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    for (const [key, node] of entries) {
      let state: "new" | "busy" | "done" = "new";
      let value: unknown;
      Object.defineProperty(map, key, {
        enumerable: true,
        get: () => {
          if (state === "busy") {
            const what = `${label}.${key} needs its own value to be known`;
            throw new LocatedError(node.source, new ExpressionError({ offset: 0, length: 1, what }));
          }
          if (state === "new") {
            state = "busy";
            try {
              value = plainOf(node, (leaf, at) => this.leaf(leaf, at.source, scope()));
            } finally {
              state = "new";
            }
            state = "done";
          }
          return value;
        },
      });
    }
    return map;
  }

  private leaf(value: unknown, source: Source, scope: Scope): unknown {
    if (typeof value !== "string" || !hasExpression(value)) return value;
    try {
      return evaluateValue(this.parsed(value), scope);
    } catch (error) {
      throw error instanceof ExpressionError ? new LocatedError(source, error) : error;
    }
  }
}

/** An expression's error with the place of the expression that has it, which another expression may have asked for. */
class LocatedError extends Error {
  constructor(
    readonly source: Source,
    readonly inner: ExpressionError,
  ) {
    super(inner.message);
    this.name = "LocatedError";
  }
}
