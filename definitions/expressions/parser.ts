import { nearestName, oneOf } from "../nearest";
import { ExpressionError } from "./expression-error";
import { FUNCTION_NAMES, FUNCTIONS } from "./functions";
import type { Expression } from "./syntax-tree";
import { tokenize, type Token } from "./tokens";

/**
 * Parses one expression that starts at `start` and returns it with the offset after its `}}`.
 *
 *     or      = and { "||" and }          and  = equal { "&&" equal }
 *     equal   = unary [ ("==" | "!=") unary ]   unary = "!" unary | postfix
 *     postfix = primary { "." name | "[" or "]" }
 *     primary = text | number | true | false | null | name | name "(" [ or { "," or } ] ")" | "(" or ")"
 */
export function parseExpression(
  text: string,
  start: number,
): { readonly expression: Expression; readonly end: number } {
  const tokens = tokenize(text, start);
  const surplus = tokens[LONGEST];
  if (surplus !== undefined) {
    throw new ExpressionError({
      ...placeOf(surplus),
      what: "the expression is too long",
      allowed: `${LONGEST} names, texts, numbers and signs`,
      remedy: "compute it in a command of a step",
    });
  }
  const parser = new Parser(tokens);
  const expression = parser.or();
  const end = parser.expectEnd();
  return { expression, end };
}

/** Each may be one level deeper, for which the parser and the evaluation call themselves. */
const LONGEST = 500;

class Parser {
  private position = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  or(): Expression {
    return this.leftToRight("||", () => this.leftToRight("&&", () => this.equal()));
  }

  expectEnd(): number {
    const token = this.peek();
    if (token.kind !== "end") throw unexpected(token, "an operator or }}");
    return token.offset + token.length;
  }

  private leftToRight(operator: "&&" | "||", operand: () => Expression): Expression {
    let left = operand();
    while (this.accept(operator)) left = binary(operator, left, operand());
    return left;
  }

  private equal(): Expression {
    const left = this.unary();
    if (this.accept("==")) return binary("==", left, this.unary());
    return this.accept("!=") ? binary("!=", left, this.unary()) : left;
  }

  private unary(): Expression {
    const token = this.peek();
    if (!this.accept("!")) return this.postfix();
    const operand = this.unary();
    return { kind: "not", operand, offset: token.offset, length: endOf(operand) - token.offset };
  }

  private postfix(): Expression {
    let object = this.primary();
    for (;;) {
      if (this.accept(".")) {
        const token = this.next();
        if (token.kind !== "name") throw unexpected(token, "a name after the dot");
        const key: Expression = { ...placeOf(token), kind: "literal", value: token.value };
        object = { kind: "member", object, key, offset: object.offset, length: endOf(key) - object.offset };
      } else if (this.accept("[")) {
        const key = this.or();
        const close = this.expect("]");
        const length = close.offset + 1 - object.offset;
        object = { kind: "member", object, key, offset: object.offset, length };
      } else {
        return object;
      }
    }
  }

  private primary(): Expression {
    const token = this.next();
    const place = placeOf(token);
    if (token.kind === "string") return { ...place, kind: "literal", value: token.value };
    if (token.kind === "number") return { ...place, kind: "literal", value: Number(token.value) };
    if (token.kind === "symbol" && token.value === "(") {
      const inner = this.or();
      this.expect(")");
      return inner;
    }
    if (token.kind !== "name") throw unexpected(token, "a name, 'text', a number or (");
    const word = WORDS.get(token.value);
    if (word !== undefined) return { ...place, kind: "literal", value: word.value };
    return this.accept("(") ? this.call(token) : { ...place, kind: "name", name: token.value };
  }

  private call(name: Token): Expression {
    const args: Expression[] = [];
    let close: Token | undefined = this.peek();
    if (!this.accept(")")) {
      do args.push(this.or());
      while (this.accept(","));
      close = this.expect(")");
    }
    checkCall(name, args.length);
    const length = close.offset + 1 - name.offset;
    return { kind: "call", name: name.value, args, offset: name.offset, length };
  }

  private peek(): Token {
    const token = this.tokens[this.position] ?? this.tokens.at(-1);
    if (token === undefined) throw new Error("a token list always ends in an end token");
    return token;
  }

  private next(): Token {
    const token = this.peek();
    this.position++;
    return token;
  }

  private accept(symbol: string): boolean {
    const token = this.peek();
    const found = token.kind === "symbol" && token.value === symbol;
    if (found) this.position++;
    return found;
  }

  private expect(symbol: string): Token {
    const token = this.peek();
    if (!this.accept(symbol)) throw unexpected(token, symbol);
    return token;
  }
}

const WORDS = new Map<string, { readonly value: boolean | null }>([
  ["true", { value: true }],
  ["false", { value: false }],
  ["null", { value: null }],
]);

function checkCall(name: Token, count: number): void {
  const known =
    name.value === "default" ? DEFAULT : Object.hasOwn(FUNCTIONS, name.value) && FUNCTIONS[name.value];
  if (!known) {
    throw new ExpressionError({
      ...placeOf(name),
      what: `there is no function "${name.value}"`,
      found: name.value,
      allowed: oneOf(FUNCTION_NAMES),
      nearest: nearestName(name.value, FUNCTION_NAMES),
    });
  }
  if (count < known.minArgs || count > known.maxArgs) {
    throw new ExpressionError({
      ...placeOf(name),
      what: `${name.value} is called with ${count} argument${count === 1 ? "" : "s"}`,
      allowed: known.usage,
    });
  }
}

const DEFAULT = { minArgs: 2, maxArgs: 2, usage: "default(value, otherwise)" };

function binary(operator: "==" | "!=" | "&&" | "||", left: Expression, right: Expression): Expression {
  return { kind: "binary", operator, left, right, offset: left.offset, length: endOf(right) - left.offset };
}

function unexpected(token: Token, allowed: string): ExpressionError {
  const what =
    token.kind === "end" ? "the expression ends too early" : `"${token.value}" is not expected here`;
  return new ExpressionError({ ...placeOf(token), what, found: token.value, allowed });
}

function placeOf(token: Token): { readonly offset: number; readonly length: number } {
  return { offset: token.offset, length: token.length };
}

function endOf(node: Expression): number {
  return node.offset + node.length;
}
