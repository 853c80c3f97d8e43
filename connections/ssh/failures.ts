/** What ssh's last words mean. */
export type SshFailure =
  | { readonly kind: "host key"; readonly machine: string | null; readonly reason: string }
  | { readonly kind: "login refused" | "dropped" | "unreachable" | "other"; readonly reason: string };

const NOISE = [
  /^debug\d: /,
  /^Warning: Permanently added /,
  /^\*\* /,
  /^@+$/,
  /^@ +WARNING/,
  /^\s*$/,
  /^Connection closed by UNKNOWN port 65535$/,
  /^mux_client_/,
  /^muxclient: /,
  /^Control socket connect/,
];

const CHANGED = /Host key for (\S+) has changed/;
const UNKNOWN = /No (\S+) host key is known for (\S+) and/;
const FINGERPRINT = /SHA256:[A-Za-z0-9+/]+/;

/** The server answered, and let go of the connection before it asked who is there. */
const DROPPED =
  /kex_exchange_identification|ssh_exchange_identification|banner exchange: |Connection (?:reset|closed) by |Exceeded MaxStartups/;
/** Nobody answered: a way through another machine ends with the words of a dropped connection as well. */
const NOBODY =
  /Connection (?:refused|timed out)|No route to host|Could not resolve|Network is unreachable|open failed|[Ss]tdio forwarding (?:request )?failed/;

/** The lines of ssh's standard error that tell a person something. */
function tellingLines(stderr: string): string[] {
  return stderr
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => !NOISE.some((noise) => noise.test(line)));
}

/** Reads why ssh gave up from its standard error. */
export function explainSshFailure(stderr: string): SshFailure {
  const changed = CHANGED.exec(stderr);
  const unknown = UNKNOWN.exec(stderr);
  if (changed !== null || unknown !== null || stderr.includes("Host key verification failed")) {
    const fingerprint = FINGERPRINT.exec(stderr)?.[0];
    const reason =
      unknown === null
        ? `its key is ${fingerprint ?? "another one"}`
        : `no ${unknown[1] ?? ""} key is known for it`;
    return { kind: "host key", machine: changed?.[1] ?? unknown?.[2] ?? null, reason };
  }
  const lines = tellingLines(stderr);
  const denied = lines.find((line) => line.includes("Permission denied ("));
  if (denied !== undefined) return { kind: "login refused", reason: denied };
  const reason = lines.slice(-3).join("; ");
  const all = lines.join("\n");
  if (DROPPED.test(all) && !NOBODY.test(all)) return { kind: "dropped", reason };
  const unreachable =
    /Connection (refused|timed out|closed|reset)|No route to host|Could not resolve|Network is unreachable|kex_exchange_identification|Timeout, server/;
  return { kind: unreachable.test(reason) ? "unreachable" : "other", reason: reason || "ssh gave no reason" };
}

/** Whether a multiplexed ssh that ended with 255 speaks of its own failure, not of the remote program's. */
export function isMultiplexFailure(stderr: string): boolean {
  return /mux_client_|muxclient: |Session open refused|Connection closed by UNKNOWN port 65535|Control socket connect|Shared connection to .* closed/.test(
    stderr,
  );
}
