import { Lexer, parse } from "yaml";
import { canonicalJson } from "../../definitions/canonical-json";

const CLOUD_CONFIG = "#cloud-config";
/** yaml's mark before the source of a scalar that has no quotes around it. */
const SCALAR = "\x1f";

/**
 * Whether a text that is YAML means more to who reads it than the plain data in it: another first line than
 * `#cloud-config` (a shebang, `## template: jinja`) or any other comment, lines that end in CR, or words that YAML 1.1,
 * which cloud-init reads, takes for something else than YAML 1.2 does (`yes`, `0755`, `12:30`).
 */
export function saysMoreThanData(text: string, data: unknown): boolean {
  const comments = commentsIn(text);
  return (
    text.includes("\r") ||
    comments.length !== 1 ||
    comments[0]?.trimEnd() !== CLOUD_CONFIG ||
    !text.startsWith(CLOUD_CONFIG) ||
    canonicalJson(oldMeaning(text)) !== canonicalJson(data)
  );
}

function commentsIn(text: string): readonly string[] {
  const tokens = [...new Lexer().lex(text)];
  return tokens.filter((token, index) => token.startsWith("#") && tokens[index - 1] !== SCALAR);
}

function oldMeaning(text: string): unknown {
  try {
    return parse(text, { version: "1.1", logLevel: "silent" }) as unknown;
  } catch {
    return undefined;
  }
}
