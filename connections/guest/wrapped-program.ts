import { quoteForShell, shellCommand } from "../quote";

/**
 * Marks the words of our own wrapper on the other side's standard error; random, so that no program's output looks
 * like it. The wrapper says `MARK pid N` before the program starts and `MARK end CODE` where it outlives it; behind an
 * escalation also `MARK begins` on standard output.
 */
export type Mark = string;

/** Runs `body` with the same arguments in a process that leads a group of its own, so that all it starts can be ended. */
function leading(body: string): string {
  return `if read -r s 2>/dev/null </proc/$$/stat; then s=\${s##*) }; s=\${s#* * }; s=\${s%% *}
else s=$(ps -o pgid= -p $$ 2>/dev/null | tr -d ' '); fi
[ "$s" = $$ ] || { command -v setsid >/dev/null 2>&1 && exec setsid sh -c ${quoteForShell(body)} "$0" "$@"; }
${body}`;
}

const SAY_PID = `echo "$1 pid $$" >&2`;
/** A program behind an escalation waits for a line, and says where its own output begins: su prints there, too. */
const WAIT = "IFS= read -r go";
const SAY_BEGINS = `echo "$1 begins"`;
const RUN_ARGV = `shift; exec "$@"`;
/** A script runs in the wrapper's own shell: one program less to start in a slow guest. */
const RUN_SCRIPT = `text=$2; shift 2; eval "$text"`;

export interface Wrapping {
  /** The program waits for a line on standard input. Default: false. */
  readonly waiting?: boolean;
  /** It stays in the process group that it is started in: two programs less in a slow guest. Default: false. */
  readonly alone?: boolean;
}

function wrapper({ waiting = false, alone = false }: Wrapping, run: string): string {
  const body = [...(waiting ? [SAY_BEGINS, SAY_PID, WAIT] : [SAY_PID]), run].join("; ");
  return alone ? body : leading(body);
}

/**
 * Arguments of `sh` that run `argv` in a process group of its own and say which.
 *
 * @param argv a program, or `sh -c TEXT NAME args...`.
 */
export function wrappedArgv(mark: Mark, argv: readonly string[], how: Wrapping = {}): readonly string[] {
  const [shell, option, text, name, ...args] = argv;
  if (shell === "sh" && option === "-c" && text !== undefined) {
    return ["sh", "-c", wrapper(how, RUN_SCRIPT), name ?? "sh", mark, text, ...args];
  }
  return ["sh", "-c", wrapper(how, RUN_ARGV), "sh", mark, ...argv];
}

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
