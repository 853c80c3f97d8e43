/** What cloud-init has come to. */
export type CloudInitVerdict =
  | { readonly state: "ready"; readonly warnings: readonly string[] }
  | { readonly state: "failed"; readonly reason: string };

const READY: CloudInitVerdict = { state: "ready", warnings: [] };

/**
 * Reads the output of the script CLOUD_INIT: a first line `none`, `disabled`, `result` or `status`, and what follows.
 * Exit codes of `cloud-init status`: 0 done, 1 error, 2 done with recoverable errors (which count as ready).
 */
export function readCloudInit(output: string, exitCode: number): CloudInitVerdict {
  const lineEnd = output.indexOf("\n");
  const source = (lineEnd < 0 ? output : output.slice(0, lineEnd)).trim();
  const rest = lineEnd < 0 ? "" : output.slice(lineEnd + 1);
  if (source === "result") return readResult(rest);
  if (source === "status") return readStatus(rest, exitCode);
  return READY;
}

/** `/run/cloud-init/result.json`: `{"v1": {"datasource": ..., "errors": [...]}}`. */
function readResult(text: string): CloudInitVerdict {
  let errors: unknown;
  try {
    const parsed = JSON.parse(text) as { v1?: { errors?: unknown } } | null;
    errors = parsed?.v1?.errors;
  } catch {
    return { state: "failed", reason: "its result file cannot be read" };
  }
  if (!Array.isArray(errors) || errors.length === 0) return READY;
  return { state: "failed", reason: errors.map(String).join("; ") };
}

/** `cloud-init status --long`: `status: done`, with `detail:`, `errors:` and `recoverable_errors:` after it. */
function readStatus(text: string, exitCode: number): CloudInitVerdict {
  const status = /^status: *(.+)$/m.exec(text)?.[1]?.trim() ?? "unknown";
  if (exitCode === 0 || status === "disabled") return READY;
  const details = text
    .split("\n")
    .map((line) => line.trim())
    .filter(
      (line) =>
        line !== "" &&
        !/^\.*$/.test(line) &&
        !/^(status|extended_status|boot_status_code|last_update):/.test(line),
    );
  if (exitCode === 2) return { state: "ready", warnings: details };
  return { state: "failed", reason: [`status ${status}`, ...details].join("; ") };
}
