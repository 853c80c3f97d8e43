/** Where in a shell script a place is, as far as it matters for a value that is put there. */
export type ScriptPlace =
  "plain" | "single" | "double" | "ansi-c" | "comment" | "arithmetic" | "heredoc" | "quoted heredoc";

interface Frame {
  readonly kind: "single" | "double" | "ansi-c" | "comment" | "arithmetic" | "paren" | "backtick" | "brace";
  /** Open parentheses inside arithmetic. */
  depth: number;
  /** Where the word around it begins. */
  readonly wordAt: number;
}

interface Heredoc {
  readonly delimiter: string;
  readonly quoted: boolean;
  readonly stripTabs: boolean;
}

const HEREDOC_START = /<<(-?)[ \t]*((?:\\.|'[^'\n]*'|"[^"\n]*"|[^\s\\'"<>|&;()])+)/y;

/**
 * Follows the quoting of a POSIX shell (or bash) script, piece by piece. A wrong answer about a script that it does
 * not fully understand costs a value its quoting, never more: values are put in as variables, not as text.
 */
export class ShellScanner {
  private readonly frames: Frame[] = [];
  private readonly pending: Heredoc[] = [];
  private heredoc: Heredoc | undefined;
  private line = "";
  private atWordStart = true;
  /** All so far, with a NUL character for each value. */
  private text = "";
  /** Where in `text` the next token begins, and the word that it is in. */
  private at = 0;
  private wordAt = 0;

  constructor(private readonly shell: "sh" | "bash") {}

  /** The place after all text so far. */
  place(): ScriptPlace {
    if (this.heredoc !== undefined) return this.heredoc.quoted ? "quoted heredoc" : "heredoc";
    const top = this.frames.at(-1)?.kind;
    if (top === "brace") return this.insideDouble() ? "double" : "plain";
    return top === undefined || top === "paren" || top === "backtick" ? "plain" : top;
  }

  /** The word that the next character is in, as far as it goes, and all before it. */
  word(): { readonly head: string; readonly word: string } {
    const start = this.atWordStart ? this.text.length : this.wordAt;
    return { head: this.text.slice(0, start), word: this.text.slice(start) };
  }

  /** A value stands here. */
  value(): void {
    this.line += "\0";
    if (this.atWordStart) this.wordAt = this.text.length;
    this.text += "\0";
    this.atWordStart = false;
  }

  feed(text: string): void {
    const before = this.text.length;
    this.text += text;
    for (let at = 0; at < text.length;) {
      this.at = before + at;
      at += this.step(text, at);
    }
  }

  /** Takes one token and returns its length. */
  private step(text: string, at: number): number {
    if (this.heredoc !== undefined) return this.heredocStep(text, at);
    switch (this.frames.at(-1)?.kind) {
      case "single":
        return text[at] === "'" ? this.pop() : 1;
      case "ansi-c":
        if (text[at] === "\\") return 2;
        return text[at] === "'" ? this.pop() : 1;
      case "comment":
        return text[at] === "\n" ? this.newLine(true) : 1;
      case "double":
        if (text[at] === '"') return this.pop();
        return this.expansion(text, at) ?? 1;
      case "arithmetic":
        return this.arithmeticStep(text, at);
      case "brace":
        return this.braceStep(text, at);
      default:
        return this.commandStep(text, at);
    }
  }

  private commandStep(text: string, at: number): number {
    const character = text[at];
    const wordStart = this.atWordStart;
    this.atWordStart = /[\s;&|()]/.test(character ?? "");
    if (wordStart && !this.atWordStart) this.wordAt = this.at;
    if (character === "#" && wordStart) return this.push("comment");
    if (character === "\n") return this.newLine(false);
    if (character === "'") return this.push("single");
    if (character === '"') return this.push("double");
    if (character === "$" && text[at + 1] === "'" && this.shell === "bash") return this.push("ansi-c", 2);
    if (character === "<" && text.startsWith("<<<", at)) return 3;
    if (character === "<" && text[at + 1] === "<") return this.heredocStart(text, at);
    if (character === "(" && text[at + 1] === "(" && wordStart && this.shell === "bash") {
      return this.push("arithmetic", 2);
    }
    if (character === "(") return this.push("paren");
    if (character === ")" && this.frames.at(-1)?.kind === "paren") return this.pop();
    return this.expansion(text, at) ?? 1;
  }

  private arithmeticStep(text: string, at: number): number {
    const top = this.frames.at(-1);
    if (top === undefined) return 1;
    if (text[at] === "(") top.depth++;
    if (text[at] === ")" && top.depth-- === 0) return this.pop(text[at + 1] === ")" ? 2 : 1);
    return this.expansion(text, at) ?? 1;
  }

  private braceStep(text: string, at: number): number {
    if (text[at] === "}") return this.pop();
    if (text[at] === '"') return this.push("double");
    if (text[at] === "'" && !this.insideDouble()) return this.push("single");
    return this.expansion(text, at) ?? 1;
  }

  /** What double quotes do not switch off. */
  private expansion(text: string, at: number): number | undefined {
    if (text[at] === "\\") return 2;
    if (text[at] === "`") return this.frames.at(-1)?.kind === "backtick" ? this.pop() : this.push("backtick");
    if (text[at] !== "$") return undefined;
    if (text.startsWith("$((", at)) return this.push("arithmetic", 3);
    if (text[at + 1] === "(") return this.push("paren", 2);
    return text[at + 1] === "{" ? this.push("brace", 2) : undefined;
  }

  private heredocStart(text: string, at: number): number {
    HEREDOC_START.lastIndex = at;
    const match = HEREDOC_START.exec(text);
    if (match === null) return 2;
    const word = match[2] ?? "";
    this.pending.push({
      delimiter: word.replace(/['"]|\\(?=.)/g, ""),
      quoted: /['"\\]/.test(word),
      stripTabs: match[1] === "-",
    });
    return match[0].length;
  }

  private heredocStep(text: string, at: number): number {
    if (text[at] !== "\n") {
      this.line += text[at] ?? "";
      return 1;
    }
    const line = this.heredoc?.stripTabs === true ? this.line.replace(/^\t+/, "") : this.line;
    this.line = "";
    if (line === this.heredoc?.delimiter) this.heredoc = this.pending.shift();
    return 1;
  }

  private newLine(endsComment: boolean): number {
    if (endsComment) this.frames.pop();
    this.atWordStart = true;
    this.line = "";
    this.heredoc = this.pending.shift();
    return 1;
  }

  private insideDouble(): boolean {
    const below = this.frames.findLast((frame) => frame.kind !== "brace");
    return below?.kind === "double";
  }

  private push(kind: Frame["kind"], length = 1): number {
    this.frames.push({ kind, depth: 0, wordAt: this.wordAt });
    this.atWordStart = kind === "paren" || kind === "backtick";
    return length;
  }

  private pop(length = 1): number {
    this.wordAt = this.frames.pop()?.wordAt ?? this.wordAt;
    this.atWordStart = false;
    return length;
  }
}
