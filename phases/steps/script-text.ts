import type { Scope } from "../../definitions/expressions";
import { renderScript, type ScriptShell, type ScriptTemplate } from "../expressions/script-template";

/**
 * A step's shell text, ready to run. It ends at its first command that fails, and with that command's exit code: a
 * step whose first line fails must not pass because of its last.
 */
export function stepScript(script: ScriptTemplate, scope: Scope): string {
  const text = renderScript(script, scope);
  return FIRST_FAILURE_ENDS[script.shell](text);
}

const FIRST_FAILURE_ENDS: Readonly<Record<ScriptShell, (text: string) => string>> = {
  sh: (text) => `set -e; ${text}`,
  bash: (text) => `set -e; ${text}`,
  powershell: (text) => `$ErrorActionPreference = 'Stop'; ${text}`,
};
