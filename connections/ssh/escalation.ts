import type { Escalation } from "../guest-connection";
import { commandForAnyShell } from "../quote";
import type { Mark } from "../guest/wrapped-program";

/** Word of the mark with which sudo's prompt is announced. */
export const PASSWORD_WORD = "password";

/** How to become another user, as this room has to know it. */
export interface Becoming extends Escalation {
  /**
   * Shell that `su` is told to use, for users whose own one lets nobody in. Only where `su` knows `-s`, as on Linux;
   * there it is ignored, with the user's own shell having its say, unless root asks.
   */
  readonly suShell?: string;
}

/** `argv`, run as another user. Without a password nothing is asked: the tool has to let the user through. */
export function escalatedArgv(escalation: Becoming, mark: Mark, argv: readonly string[]): readonly string[] {
  const { user, method, password, suShell } = escalation;
  switch (method) {
    case "sudo": {
      const asking = password === undefined ? ["-n"] : ["-S", "-p", `${mark} ${PASSWORD_WORD} wanted\n`];
      return ["sudo", ...asking, "-H", "-u", user, "--", ...argv];
    }
    case "su":
      return ["su", user, ...(suShell === undefined ? [] : ["-s", suShell]), "-c", commandForAnyShell(argv)];
    case "doas":
      return ["doas", ...(password === undefined ? ["-n"] : []), "-u", user, "--", ...argv];
  }
}

/** Whether what su or doas has printed so far ends with a question for a password. */
export function endsWithPrompt(text: string): boolean {
  return /(password|passphrase)[^\n]*:\s*$/i.test(text);
}

/** Whether the tool refuses to work without a terminal. */
export function wantsTerminal(text: string): boolean {
  return /(must be run from a terminal|a tty is required|must have a tty|no tty present|a terminal is required)/i.test(
    text,
  );
}
