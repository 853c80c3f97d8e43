import { shellCommand } from "../quote";

/**
 * Marks the words of our own wrapper on the other side's standard error; random, so that no program's output looks
 * like it. The wrapper says `MARK pid N` before the program starts and `MARK end CODE` where it outlives it.
 */
export type Mark = string;

/** Makes the wrapper's process the leader of a group of its own, so that all it starts can be ended. */
const LEAD = `if read -r s 2>/dev/null </proc/$$/stat; then s=\${s##*) }; s=\${s#* * }; s=\${s%% *}
else s=$(ps -o pgid= -p $$ 2>/dev/null | tr -d ' '); fi
[ "$s" = $$ ] || { command -v setsid >/dev/null 2>&1 && exec setsid sh -c 'echo "$0 pid $$" >&2; exec "$@"' "$0" "$@"; }
echo "$0 pid $$" >&2
exec "$@"`;

/** As LEAD, for a program behind an escalation: waits for a line, so that no password's prompt meets its output. */
const LEAD_WAITING = LEAD.replaceAll('>&2; exec "$@"', '>&2; IFS= read -r go; exec "$@"').replace(
  '>&2\nexec "$@"',
  '>&2\nIFS= read -r go\nexec "$@"',
);

/** Ends a process group: SIGTERM, and SIGKILL 2 s later; returns when it has ended. */
const STOP = `for signal in TERM KILL; do
  kill -s $signal -- -$1 2>/dev/null || kill -s $signal $1 2>/dev/null || exit 0
  i=0
  while [ $i -lt 20 ]; do
    kill -0 -- -$1 2>/dev/null || kill -0 $1 2>/dev/null || exit 0
    sleep 0.1 2>/dev/null || sleep 1
    i=$((i+1))
  done
done`;

/** Arguments of `sh` that run `argv` in a process group of its own and say which. */
export function wrappedArgv(mark: Mark, argv: readonly string[], waiting: boolean): readonly string[] {
  return ["sh", "-c", waiting ? LEAD_WAITING : LEAD, mark, ...argv];
}

/** Arguments of `sh` that end what `wrappedArgv` has started. */
export function stopArgv(pid: number): readonly string[] {
  return ["sh", "-c", STOP, "stop", String(pid)];
}

/** As `stopArgv`, on Windows: the process and all that it has started. */
export function windowsStopArgv(pid: number): readonly string[] {
  return ["taskkill", "/T", "/F", "/PID", String(pid)];
}

/** The text that the login shell of the other side runs. */
export function commandLineOf(argv: readonly string[]): string {
  return `exec ${shellCommand(argv)}`;
}
