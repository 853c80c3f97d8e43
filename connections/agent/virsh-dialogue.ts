/** What the agent answered. */
export type AgentReply =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string };

/** One word of virsh's own command language: in double quotes, a backslash before quotes and backslashes. */
export function virshWord(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

/**
 * Lines for a virsh that reads its standard input: the request, and an `echo` that marks the end of the answer.
 *
 * @throws Error for a domain name with a line break: virsh cannot be told about it.
 */
export function virshLine(domain: string, request: string, timeoutSeconds: number, mark: string): string {
  if (/[\r\n]/.test(domain)) throw new Error("a domain name with a line break cannot be used");
  // Only ASCII reaches virsh: nothing depends on its character set.
  const ascii = request.replace(
    /[\u007f-\uffff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  const command = `qemu-agent-command --timeout ${timeoutSeconds} ${virshWord(domain)} ${virshWord(ascii)}`;
  // virsh ends no line that `echo` prints; the echo of the next line does.
  return `${command}\necho ${mark}\necho\n`;
}

/** Reads what virsh has printed for one request; it echoes its input, with or without a prompt. */
export function readReply(lines: readonly string[]): AgentReply {
  const said = lines.map((line) => line.replace(/^(virsh [#>] )+/, "").trim());
  for (const line of said) {
    if (line.startsWith('{"return":')) {
      const parsed = JSON.parse(line) as { return: unknown };
      return { ok: true, value: parsed.return };
    }
  }
  const errors = said
    .filter((line) => line.startsWith("error:"))
    .map((line) => line.slice("error:".length).trim());
  return { ok: false, reason: errors.join("; ") || "virsh printed no answer" };
}
