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
