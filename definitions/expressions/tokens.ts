import { ExpressionError } from "./expression-error";

export interface Token {
  readonly kind: "name" | "string" | "number" | "symbol" | "end";
  /** Text of names and symbols, value of strings, digits of numbers. */
  readonly value: string;
  readonly offset: number;
  readonly length: number;
}

const BLANK = /[ \t\r\n]+/y;
const NAME = /[A-Za-z_][A-Za-z0-9_-]*/y;
const NUMBER = /-?[0-9]+(?:\.[0-9]+)?/y;
const SYMBOL = /==|!=|&&|\|\||\}\}|[!.,()[\]]/y;

/**
 * Tokens of one expression, from `start` up to the `}}` that closes it. The last token is `end`, at the `}}`.
 * @throws ExpressionError for a character that starts no token, an open string or a missing `}}`.
 */
export function tokenize(text: string, start: number): Token[] {
  const tokens: Token[] = [];
  let offset = start;
  for (;;) {
    offset += match(BLANK, text, offset)?.length ?? 0;
    const token = nextToken(text, offset, start);
    tokens.push(token);
    if (token.kind === "end") return tokens;
    offset += token.length;
  }
}

function nextToken(text: string, offset: number, start: number): Token {
  const first = text[offset];
  if (first === undefined) {
    throw new ExpressionError({
      offset: start - 3,
      length: 3,
      what: "an expression is not closed",
      allowed: "}}",
    });
  }
  if (first === "'" || first === '"') return stringToken(text, offset, first);
  const name = match(NAME, text, offset);
  if (name !== undefined) return { kind: "name", value: name, offset, length: name.length };
  const number = match(NUMBER, text, offset);
  if (number !== undefined) return { kind: "number", value: number, offset, length: number.length };
  const symbol = match(SYMBOL, text, offset);
  if (symbol === "}}") return { kind: "end", value: symbol, offset, length: 2 };
  if (symbol !== undefined) return { kind: "symbol", value: symbol, offset, length: symbol.length };
  throw new ExpressionError({
    offset,
    length: 1,
    what: `"${first}" cannot stand in an expression`,
    allowed: "names, 'text', numbers, . [ ] ( ) , == != && || !",
  });
}

/** `'it''s'` doubles the quote; `"a\n\"b\""` escapes with a backslash. */
function stringToken(text: string, offset: number, quote: string): Token {
  let value = "";
  for (let at = offset + 1; at < text.length; at++) {
    const character = text[at] ?? "";
    if (quote === '"' && character === "\\") {
      const escaped = text[++at] ?? "";
      value += { n: "\n", t: "\t", r: "\r" }[escaped] ?? escaped;
    } else if (character === quote) {
      if (quote !== "'" || text[at + 1] !== "'") {
        return { kind: "string", value, offset, length: at + 1 - offset };
      }
      value += quote;
      at++;
    } else {
      value += character;
    }
  }
  throw new ExpressionError({
    offset,
    length: 1,
    what: "text in an expression is not closed",
    allowed: quote,
  });
}

function match(pattern: RegExp, text: string, offset: number): string | undefined {
  pattern.lastIndex = offset;
  return pattern.exec(text)?.[0];
}
