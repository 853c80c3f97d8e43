import { commandForAnyShell, onOneLine, quoteForShell, shellCommand } from "../quote";

/**
 * Marks the words of our own wrapper on the other side's standard error; random, so that no program's output looks
 * like it. The wrapper says `MARK pid N` before the program starts and `MARK end CODE` where it outlives it; where others
 * print before it (login shells, su) also `MARK begins` on standard output.
 */
export type Mark = string;

/** Sets `s` to the process group; nothing where that is not in /proc. */
const READ_GROUP = `s=
if read -r s 2>/dev/null </proc/$$/stat; then s=\${s##*) }; s=\${s#* * }; s=\${s%% *}; fi`;

/** Runs `body` with the same arguments in a process that leads a group of its own, so that all it starts can be ended. */
function leading(body: string): string {
  return `${READ_GROUP}
[ -n "$s" ] || s=$(ps -o pgid= -p $$ 2>/dev/null | tr -d ' ')
[ "$s" = $$ ] || { command -v setsid >/dev/null 2>&1 && exec setsid sh -c ${quoteForShell(body)} "$0" "$@"; }
${body}`;
}

const SAY_PID = `echo "$1 pid $$" >&2`;
/** A program behind an escalation waits for a line. */
const WAIT = "IFS= read -r go";
/** Login shells greet on standard output, and su asks for passwords there. */
const SAY_BEGINS = `echo "$1 begins"`;
const RUN_ARGV = `shift; exec "$@"`;
/** A script runs in the wrapper's own shell: one program less to start in a slow guest. */
const RUN_SCRIPT = `text=$2; shift 2; eval "$text"`;

/** Has the wrapper say `MARK login GROUP:SHELL`, for `readLogin`. */
const SAY_LOGIN = `${READ_GROUP}
if [ "$s" = $$ ]; then s=leads
elif [ -n "$s" ] && command -v setsid >/dev/null 2>&1; then s=setsid
else s=unknown; fi
echo "$1 login $s:\${SHELL##*/}" >&2`;

/** What a login gives to a program. A first program tells, and later ones need fewer others to start them. */
export interface Login {
  /** The process leads a group of its own, or needs setsid for one. */
  readonly group: "leads" | "setsid" | "unknown";
  /** The login shell is a plain POSIX shell without settings of its user: it can be the wrapper. */
  readonly plain: boolean;
}

/** Shells that read no file of their user for `-c`. */
const PLAIN_SHELLS = new Set(["sh", "ash", "dash"]);

/** Reads the wrapper's word on the login. */
export function readLogin(value: string): Login {
  const [group, shell = ""] = value.split(":");
  return {
    group: group === "leads" || group === "setsid" ? group : "unknown",
    plain: PLAIN_SHELLS.has(shell),
  };
}

export interface Wrapping {
  /** The program waits for a line on standard input. Default: false. */
  readonly waiting?: boolean;
  /** It stays in the process group that it is started in: two programs less in a slow guest. Default: false. */
  readonly alone?: boolean;
  /** It says where its own standard output begins. Default: false. */
  readonly begins?: boolean;
  /** It says first what its login gives. Default: false. */
  readonly tellLogin?: boolean;
}

function wrapper(how: Wrapping, run: string): string {
  const { waiting = false, alone = false, begins = false, tellLogin = false } = how;
  const words = [...(tellLogin ? [SAY_LOGIN] : []), ...(begins ? [SAY_BEGINS] : []), SAY_PID];
  const body = [...words, ...(waiting ? [WAIT] : []), run].join("; ");
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
    kill -s 0 -- -$1 2>/dev/null || kill -s 0 $1 2>/dev/null || exit 0
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

/**
 * The text that the login shell of the other side runs for a program of the login user, with as few programs as the
 * login allows: each is a fiftieth of a second in an emulated guest. Undefined: nothing is known of the login yet, and
 * the program tells. Only a shell that is known to be a POSIX one is given a text of that kind.
 */
export function lineForLogin(
  mark: Mark,
  argv: readonly string[],
  { alone = false }: Pick<Wrapping, "alone">,
  login: Login | undefined,
): string {
  const wrapped = (how: Wrapping): readonly string[] => wrappedArgv(mark, argv, { ...how, begins: true });
  if (login === undefined) return commandForAnyShell(wrapped({ alone, tellLogin: true }));
  if (login.plain && (alone || login.group === "leads")) return inLoginShell(mark, argv);
  if (alone || login.group !== "setsid") return commandForAnyShell(wrapped({ alone }));
  return commandForAnyShell(["setsid", ...onOneLine(wrapped({ alone: true }))]);
}

/** As `wrappedArgv`, with the login shell as the wrapper. */
function inLoginShell(mark: Mark, argv: readonly string[]): string {
  const [shell, option, text, , ...args] = argv;
  const word = quoteForShell(mark);
  const say = `echo ${word} begins; echo ${word} pid $$ >&2`;
  if (shell !== "sh" || option !== "-c" || text === undefined) return `${say}; exec ${shellCommand(argv)}`;
  return `set -- ${args.map((each) => quoteForShell(each)).join(" ")}; ${say}; ${text}`;
}
