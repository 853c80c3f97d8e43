/** Shells that a text can be quoted for. */
export type QuotedShell = "sh" | "bash" | "powershell";

const PLAIN_WORD = /^[A-Za-z0-9_@%+:,./-]+$/;
const RESERVED_WORDS = new Set(
  "case coproc do done elif else esac fi for function if in select then time until while".split(" "),
);
/** PowerShell takes typographic single quotes for `'`. */
const POWERSHELL_QUOTES = /['\u2018\u2019\u201A\u201B]/g;

/**
 * Makes one word of a shell out of any text: the shell sees exactly `text`, whatever characters are in it.
 * The only place of this project where names become shell text.
 *
 * @throws Error for a text with a NUL character: no program can be given one.
 */
export function quoteForShell(text: string, shell: QuotedShell = "sh"): string {
  if (text.includes("\0")) throw new Error("a text with a NUL character cannot be given to a program");
  if (shell === "powershell") return `'${text.replace(POWERSHELL_QUOTES, "$&$&")}'`;
  if (PLAIN_WORD.test(text) && !RESERVED_WORDS.has(text)) return text;
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * A command line for a POSIX shell that runs `argv` as it is.
 *
 * @throws Error when `argv` is empty or holds a NUL character.
 */
export function shellCommand(argv: readonly string[]): string {
  if (argv.length === 0) throw new Error("a command needs a program");
  return argv.map((word) => quoteForShell(word)).join(" ");
}
