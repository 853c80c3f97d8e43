/** Where a value stands in the text of a script. Values are NUL characters in all of it. */
export interface WordPlace {
  /** The script before the word that the value is in. */
  readonly head: string;
  /** That word, as far as the value. */
  readonly word: string;
  /** The script after the value. */
  readonly rest: string;
}

/** What a shell does with a value beside putting it in: it runs it, or calculates with it, which can run it, too. */
export type Hazard =
  | { readonly does: "run"; readonly where: string; readonly remedy: string }
  | { readonly does: "calculate"; readonly where: string; readonly remedy: string };

/** How much of a command is looked at, in characters. */
const LONGEST_COMMAND = 2000;

const KEYWORDS = "(?:(?:if|elif|then|else|do|while|until|!|command|builtin)\\s+)*";
const SHELL_TEXT = /(?:^|[\s/])(?:sh|bash|dash|ash|ksh|mksh|zsh)(?:\s+-\w*o\s+\w+|\s+[-+]\S+)*?\s+-\w*c$/;
const USERS_TEXT = /(?:^|[\s/])(?:su|runuser)(?:\s+\S+)*?\s+(?:-c|--command)$/;
const EVAL = new RegExp(`^${KEYWORDS}eval(?:\\s|$)`);
const TRAP = new RegExp(`^${KEYWORDS}trap(?:\\s+--)?$`);
const LET = new RegExp(`^${KEYWORDS}let(?:\\s|$)`);
const TEST_OPEN = /(?:^|[\s;&|(!])\[\[(?=\s)/g;
const TEST_CLOSED = /\s\]\](?:[\s;&|)]|$)/;
const NUMBERS_COMPARED = /\s-(?:eq|ne|lt|le|gt|ge)\s/;
const ELEMENT_SET = /^\w*\[[^\]]*$/;
const ELEMENT_READ = /\$\{[#!]?\w+\[[^\]}]*$/;
const PART_READ = /\$\{\w+(?:\[[^\]]*\])?:(?![-=?+])[^}]*$/;

/**
 * Finds what a POSIX shell or bash would run of a value although it is put in as a variable. Undefined: nothing. What
 * is not recognised here costs nothing but this protection. Pure.
 */
export function hazardOf({ head, word, rest }: WordPlace): Hazard | undefined {
  const parts = head.replaceAll("\\\n", " ").split(/[\n;&|()`]/);
  const command = (parts.at(-1) ?? "").trim().slice(-LONGEST_COMMAND);
  if (SHELL_TEXT.test(command) || USERS_TEXT.test(command)) {
    return {
      does: "run",
      where: "a text that another shell runs (`-c`)",
      remedy: "pass it as an argument: `sh -c 'echo \"$1\"' sh ${{ value }}`",
    };
  }
  if (EVAL.test(command) || TRAP.test(command)) {
    return {
      does: "run",
      where: EVAL.test(command) ? "`eval`" : "the text of a `trap`",
      remedy:
        "put it into a variable first: `value=${{ value }}`, and name `$value` there, between single quotes",
    };
  }
  if (LET.test(command)) return calculates("`let`", "use `$(( ))` with whole numbers");
  if (comparesNumbers(head, word + "\0" + rest)) {
    return calculates(
      "a comparison of numbers in `[[ ]]`",
      "compare with `[ ... ]`, which calculates nothing",
    );
  }
  if (ELEMENT_READ.test(word) || (ELEMENT_SET.test(word) && /^[^\]\s]*\]\+?=/.test(rest))) {
    return calculates(
      "the subscript of an array",
      "for keys of an associative array put it into a variable first: `key=${{ value }}`, then `$key`",
    );
  }
  if (PART_READ.test(word)) return calculates("the bounds of a substring", "give a whole number");
  return undefined;
}

function calculates(where: string, remedy: string): Hazard {
  return { does: "calculate", where, remedy };
}

/** Whether the part of a `[[ ]]` that ends somewhere in `rest` compares numbers. */
function comparesNumbers(head: string, rest: string): boolean {
  const open = [...head.matchAll(TEST_OPEN)].at(-1);
  if (open === undefined) return false;
  const inside = head.slice(open.index + open[0].length);
  if (TEST_CLOSED.test(inside)) return false;
  const end = TEST_CLOSED.exec(rest)?.index ?? rest.length;
  const before = inside.split(/&&|\|\|/).at(-1) ?? "";
  const after = rest.slice(0, end).split(/&&|\|\|/)[0] ?? "";
  return NUMBERS_COMPARED.test(before + after);
}
