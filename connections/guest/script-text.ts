import type { GuestScript } from "../guest-connection";
import { quoteForShell } from "../quote";

const POSIX_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * The text that is run for a script: its environment and working folder are set in front, on the same line, so that
 * line numbers in messages stay those of the step.
 *
 * @throws Error for an environment variable that no shell can set.
 */
export function scriptText(script: GuestScript): string {
  const variables = Object.entries(script.env ?? {});
  for (const [name] of variables) {
    if (!POSIX_NAME.test(name)) throw new Error(`"${name}" is no name for an environment variable`);
  }
  return script.shell === "powershell" ? powershellText(script, variables) : posixText(script, variables);
}

type Variables = readonly (readonly [string, string])[];

function posixText({ text, shell, dir }: GuestScript, variables: Variables): string {
  const quoted = (value: string): string => quoteForShell(value, shell);
  const exports = variables.map(([name, value]) => `export ${name}=${quoted(value)}; `).join("");
  // A folder named `-` or `-x` is a folder, too, for `cd`.
  const target = dir !== undefined && dir.startsWith("-") ? `./${dir}` : dir;
  const change = target === undefined ? "" : `cd ${quoted(target)} || exit 1; `;
  return exports + change + text + (text.endsWith("\n") ? "" : "\n");
}

function powershellText({ text, dir }: GuestScript, variables: Variables): string {
  const quoted = (value: string): string => quoteForShell(value, "powershell");
  const exports = variables.map(([name, value]) => `$env:${name}=${quoted(value)}; `).join("");
  const change = dir === undefined ? "" : `Set-Location -ErrorAction Stop -LiteralPath ${quoted(dir)}; `;
  return exports + change + text;
}
