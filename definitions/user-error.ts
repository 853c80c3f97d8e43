/**
 * A mistake that the user can mend. It is printed as it stands, without a stack trace.
 *
 * @example
 * new UserError({ file: "farm.yaml", line: 4, column: 9, path: "guests[0].memory", found: '"x"',
 *                 allowed: "a number of MiB", remedy: "write memory: 512" })
 */
export interface Mistake {
  /** What is wrong, one sentence without a full stop. */
  readonly what: string;
  /** The file it is in, relative to the program's folder where possible. */
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  /** 1-based. */
  readonly column?: number;
  /** The path inside the file, as `guests[0].memory`. */
  readonly path?: string;
  /** What was found there. */
  readonly found?: string;
  /** What would have been right. */
  readonly allowed?: string;
  /** What to do now. */
  readonly remedy?: string;
}

/** Thrown for one or more mistakes of the user: everything that is wrong is listed at once. */
export class UserError extends Error {
  readonly mistakes: readonly Mistake[];

  constructor(mistakes: Mistake | readonly Mistake[]) {
    const list = Array.isArray(mistakes) ? (mistakes as readonly Mistake[]) : [mistakes as Mistake];
    super(messageOf(list));
    this.name = "UserError";
    this.mistakes = list;
  }
}

/** What is read at once; when these are mended, the others are shown. */
const SHOWN = 20;

function messageOf(list: readonly Mistake[]): string {
  const shown = list.slice(0, SHOWN).map(formatMistake);
  const others = list.length - shown.length;
  return [
    ...shown,
    ...(others > 0 ? [`... and ${others} more ${others === 1 ? "mistake" : "mistakes"}`] : []),
  ].join("\n");
}

/** One mistake as a short block of text: `file:line:column: path: what` and indented details. */
export function formatMistake(mistake: Mistake): string {
  const position = [mistake.file, mistake.line, mistake.line === undefined ? undefined : mistake.column];
  const place = position.filter((part) => part !== undefined).join(":");
  const head = [place, mistake.path, mistake.what].filter((part) => part !== undefined && part !== "");
  const details = [
    mistake.found === undefined ? "" : `\n  found:   ${mistake.found}`,
    mistake.allowed === undefined ? "" : `\n  allowed: ${mistake.allowed}`,
    mistake.remedy === undefined ? "" : `\n  do:      ${mistake.remedy}`,
  ];
  return head.join(": ") + details.join("");
}
