import type { YAMLParseError } from "yaml";
import type { Mistake } from "../user-error";

/** What to do about the slips that people make, by the parser's code for them. */
const REMEDIES: Partial<Record<YAMLParseError["code"], string>> = {
  TAB_AS_INDENT: "indent with spaces",
  DUPLICATE_KEY: "keep one of the two, with what belongs below both",
  BAD_INDENT: "begin it in the same column as what it belongs beside, and close brackets",
  BLOCK_AS_IMPLICIT_KEY: 'put a text with ": " in it into quotes, or begin a new line for a map',
  BAD_SCALAR_START: "put the text into quotes",
  BAD_DQ_ESCAPE: "put the text into single quotes, or write \\\\ for a backslash",
  MULTIPLE_DOCS: "take the line with --- out",
};

/** A syntax error of a YAML file, with the line that it stands in. */
export function yamlSlip(
  { code, message }: Pick<YAMLParseError, "code" | "message">,
  line: string,
): Pick<Mistake, "what" | "found" | "remedy"> {
  const what =
    code === "MULTIPLE_DOCS" ? "there is more than one document in it" : (message.split("\n")[0] ?? message);
  const remedy = message.startsWith("Missing closing") ? "close the quote" : REMEDIES[code];
  const found = line.trim() === "" ? undefined : shownLine(line);
  return {
    what: `is not valid YAML: ${what}`,
    ...(found === undefined ? {} : { found }),
    ...(remedy === undefined ? {} : { remedy }),
  };
}

/** Tabs at its beginning can be seen. */
function shownLine(line: string): string {
  const visible = line
    .trimEnd()
    .replace(/^[ \t]+/, (indent) => (indent.includes("\t") ? JSON.stringify(indent).slice(1, -1) : ""));
  return visible.length > 80 ? `${visible.slice(0, 77)}...` : visible;
}

/** Levels of maps and lists: more than any definition has. */
export const DEEPEST = 100;

export const TOO_DEEP: Pick<Mistake, "what" | "allowed" | "remedy"> = {
  what: "is nested too deeply",
  allowed: `${DEEPEST} levels of maps and lists`,
  remedy: "write it flatter",
};

/** What a merge left behind gives one mistake, instead of one for each line that it breaks. */
export function conflictMistake(file: string, lines: readonly string[]): Mistake | undefined {
  const start = lines.findIndex((line) => line.startsWith("<<<<<<< "));
  if (start < 0 || !lines.some((line) => line.startsWith(">>>>>>> "))) return undefined;
  return {
    file,
    line: start + 1,
    column: 1,
    what: "holds the two sides of a merge conflict",
    found: shownLine(lines[start] ?? ""),
    remedy: "choose one side, and remove the lines with <<<<<<<, ======= and >>>>>>>",
  };
}

/** A tag gives a value a meaning that nobody here knows: without it, the value would be something else. */
export function tagMistake(tag: string | undefined): Pick<Mistake, "what" | "found" | "remedy"> | undefined {
  if (tag === undefined || CORE_TAGS.has(tag)) return undefined;
  return {
    what: "has a YAML tag, which means nothing here",
    found: tag.replace("tag:yaml.org,2002:", "!!"),
    remedy: "take the tag out; a secret is {secret: name of a config key}",
  };
}

const CORE_TAGS: ReadonlySet<string> = new Set([
  "!",
  ...["str", "int", "float", "bool", "null", "map", "seq"].map((name) => `tag:yaml.org,2002:${name}`),
]);

export const MERGE_KEY: Pick<Mistake, "what" | "remedy"> = {
  what: "is a merge key, which YAML 1.2 does not have",
  remedy: "write the keys themselves, or put them into defaults, a platform, or a definition to extend",
};
