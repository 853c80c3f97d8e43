import type { ScriptPlace } from "./shell-scanner";

type Frame = "single" | "double" | "comment" | "block comment" | "here" | "quoted here" | "paren";

/** PowerShell takes typographic quotes for straight ones. */
const SINGLE = /['\u2018\u2019\u201A\u201B]/;
const DOUBLE = /["\u201C\u201D\u201E]/;

/** Follows the quoting of a PowerShell script, piece by piece; what `ShellScanner` is for the POSIX shells. */
export class PowerShellScanner {
  private readonly frames: Frame[] = [];
  private atLineStart = true;
  private atWordStart = true;

  place(): ScriptPlace {
    switch (this.frames.at(-1)) {
      case "single":
        return "single";
      case "double":
        return "double";
      case "comment":
      case "block comment":
        return "comment";
      case "here":
        return "heredoc";
      case "quoted here":
        return "quoted heredoc";
      default:
        return "plain";
    }
  }

  value(): void {
    this.atLineStart = false;
    this.atWordStart = false;
  }

  feed(text: string): void {
    for (let at = 0; at < text.length;) {
      const lineStart = this.atLineStart;
      const length = this.step(text, at, lineStart);
      this.atLineStart = text[at + length - 1] === "\n";
      at += length;
    }
  }

  private step(text: string, at: number, lineStart: boolean): number {
    const character = text[at] ?? "";
    switch (this.frames.at(-1)) {
      case "single":
        return SINGLE.test(character) ? this.pop(1) : 1;
      case "double":
        return DOUBLE.test(character) ? this.pop(1) : this.expansion(text, at);
      case "comment":
        return character === "\n" ? this.pop(1) : 1;
      case "block comment":
        return text.startsWith("#>", at) ? this.pop(2) : 1;
      case "here":
        return lineStart && text.startsWith('"@', at) ? this.pop(2) : this.expansion(text, at);
      case "quoted here":
        return lineStart && text.startsWith("'@", at) ? this.pop(2) : 1;
      default:
        return this.commandStep(text, at);
    }
  }

  private commandStep(text: string, at: number): number {
    const character = text[at] ?? "";
    const wordStart = this.atWordStart;
    this.atWordStart = /[\s;|(){},]/.test(character);
    if (text.startsWith("<#", at)) return this.push("block comment", 2);
    if (character === "#" && wordStart) return this.push("comment", 1);
    if (/^@"[ \t]*\r?\n/.test(text.slice(at, at + 80))) return this.push("here", 2);
    if (/^@'[ \t]*\r?\n/.test(text.slice(at, at + 80))) return this.push("quoted here", 2);
    if (SINGLE.test(character)) return this.push("single", 1);
    if (DOUBLE.test(character)) return this.push("double", 1);
    if (character === "(") return this.push("paren", 1);
    if (character === ")" && this.frames.at(-1) === "paren") return this.pop(1);
    return character === "`" ? 2 : 1;
  }

  private expansion(text: string, at: number): number {
    if (text[at] === "`") return 2;
    return text.startsWith("$(", at) ? this.push("paren", 2) : 1;
  }

  private push(frame: Frame, length: number): number {
    this.frames.push(frame);
    this.atWordStart = frame === "paren";
    return length;
  }

  private pop(length: number): number {
    this.atWordStart = this.frames.pop() === "comment";
    return length;
  }
}
