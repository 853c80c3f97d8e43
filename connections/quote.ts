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

/** Words that csh, tcsh and fish read as POSIX shells do. */
const WORD_OF_ANY_SHELL = /^[A-Za-z0-9_./-]+$/;

/**
 * Makes one word out of a text without line breaks for a shell that is not known: POSIX shells, csh, tcsh and fish all
 * see exactly `text`. Between single quotes fish reads backslashes, and csh exclamation marks.
 *
 * @throws Error for a text with a line break, which no quoting carries through all of them, or a NUL character.
 */
export function quoteForAnyShell(text: string): string {
  if (/[\0\n]/.test(text))
    throw new Error("no quoting carries line breaks and NUL characters through all shells");
  if (WORD_OF_ANY_SHELL.test(text)) return text;
  return `'${text.replace(/['\\!]/g, "'\\$&'")}'`;
}

/** The line break out of `IFS` as a shell sets it: space, tab, line break. */
const SET_LINE_BREAK = "gf_break=${IFS#??}";

function quoteOnOneLine(text: string): string {
  return quoteForShell(text).replaceAll("\n", `'"$gf_break"'`);
}

/** The same arguments, without line breaks: `sh` puts them in. What is `sh -c TEXT NAME args...` needs no other for that. */
export function onOneLine(argv: readonly string[]): readonly string[] {
  if (!argv.some((word) => word.includes("\n"))) return argv;
  const [shell, option, text, name = "sh", ...args] = argv;
  const words = (list: readonly string[]): string => list.map(quoteOnOneLine).join(" ");
  if (shell === "sh" && option === "-c" && text !== undefined && !name.includes("\n")) {
    return ["sh", "-c", `${SET_LINE_BREAK}; set -- ${words(args)}; eval ${words([text])}`, name];
  }
  return ["sh", "-c", `${SET_LINE_BREAK}; exec ${words(argv)}`, "sh"];
}

/** As `shellCommand`, for a shell that is not known (see `quoteForAnyShell`), which `argv` takes the place of. */
export function commandForAnyShell(argv: readonly string[]): string {
  return `exec ${onOneLine(argv).map(quoteForAnyShell).join(" ")}`;
}
