import { secretForms } from "./masking-forms";

/** What stands where a secret was. */
export const MASK = "***";

/** Hides secrets in a stream of bytes, also across the borders of its chunks. One per stream. */
export interface Masker {
  /** What may be shown now. Bytes that could be the beginning of a secret are kept back. */
  write(chunk: Buffer): Buffer;
  /** What was kept back, at the end of the stream. */
  end(): Buffer;
}

/**
 * Hides secrets: each as it is, its lines, and encoded as base64, hexadecimal, in a URL, in JSON and for a shell.
 * Secrets (and lines of them) of fewer than 3 characters are left: hiding them would only garble the text.
 */
export function maskerFor(secrets: Iterable<string>): () => Masker {
  const forms = secretForms(secrets).map((form) => Buffer.from(form, "utf8").toString("latin1"));
  if (forms.length === 0) return () => ({ write: (chunk) => chunk, end: () => Buffer.alloc(0) });
  const patterns = new Patterns(forms);
  return () => new StreamMasker(patterns);
}

/** Hides secrets in a whole text. */
export function maskText(text: string, secrets: Iterable<string>): string {
  const masker = maskerFor(secrets)();
  return Buffer.concat([masker.write(Buffer.from(text)), masker.end()]).toString("utf8");
}

/**
 * Up to so many characters a text is first asked for each form by itself: the expression for all of them takes 50 ms to
 * compile, and most runs never show a line that needs it.
 */
const SHORT_TEXT = 1024;

class Patterns {
  private readonly any: RegExp;
  private readonly firsts: Map<string, string[]>;
  readonly longest: number;

  constructor(private readonly forms: readonly string[]) {
    const sorted = [...forms].sort((a, b) => b.length - a.length);
    this.any = new RegExp(sorted.map(escapeForRegExp).join("|"), "g");
    this.longest = sorted[0]?.length ?? 0;
    this.firsts = new Map();
    for (const form of forms) {
      const first = form.charAt(0);
      this.firsts.set(first, [...(this.firsts.get(first) ?? []), form]);
    }
  }

  /** Ranges of all matches, overlapping ones joined. */
  ranges(text: string): { start: number; end: number }[] {
    const found: { start: number; end: number }[] = [];
    if (text.length <= SHORT_TEXT && !this.forms.some((form) => text.includes(form))) return found;
    this.any.lastIndex = 0;
    for (let match = this.any.exec(text); match !== null; match = this.any.exec(text)) {
      const end = match.index + match[0].length;
      const last = found.at(-1);
      if (last !== undefined && match.index < last.end) last.end = Math.max(last.end, end);
      else found.push({ start: match.index, end });
      this.any.lastIndex = match.index + 1;
    }
    return found;
  }

  /** Where the rest of the text could be the beginning of a form. */
  openAt(text: string): number {
    for (let at = Math.max(0, text.length - this.longest + 1); at < text.length; at++) {
      const rest = text.length - at;
      const forms = this.firsts.get(text.charAt(at)) ?? [];
      if (forms.some((form) => form.length > rest && text.endsWith(form.slice(0, rest)))) return at;
    }
    return text.length;
  }
}

class StreamMasker implements Masker {
  /** Bytes as characters: one each. */
  private kept = "";
  /** How much of the front of `kept` is already covered by a mask that was shown. */
  private covered = 0;

  constructor(private readonly patterns: Patterns) {}

  write(chunk: Buffer): Buffer {
    const text = this.kept + chunk.toString("latin1");
    return this.show(text, this.patterns.openAt(text));
  }

  end(): Buffer {
    return this.show(this.kept, this.kept.length);
  }

  private show(text: string, until: number): Buffer {
    let shown = "";
    let at = 0;
    let coveredTo = this.covered;
    for (const { start, end } of this.patterns.ranges(text)) {
      if (start >= until) break;
      const continues = coveredTo > 0 && start < coveredTo;
      if (!continues) shown += text.slice(Math.max(at, coveredTo), start) + MASK;
      coveredTo = Math.max(coveredTo, end);
      at = coveredTo;
    }
    shown += text.slice(Math.max(at, coveredTo), Math.max(until, at));
    this.kept = text.slice(until);
    this.covered = Math.max(0, coveredTo - until);
    return Buffer.from(shown, "latin1");
  }
}

function escapeForRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
