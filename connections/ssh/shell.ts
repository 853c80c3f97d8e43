import { randomBytes } from "node:crypto";
import { DEFAULT_TIMEOUT_MS, startRunning } from "../process/run-child";
import { commandForAnyShell } from "../quote";
import { CommandError, type RunningCommand, type Shell, type ShellCommand } from "../shell";
import { hostSessions, type SshHop } from "./host-sessions";
import { runRemote } from "./remote-run";
import type { SshSession } from "./session";

/** Messages of programs are parsed: they have to be the untranslated ones. */
const untranslated = (argv: readonly string[]): readonly string[] => ["env", "LC_ALL=C", ...argv];

/**
 * A shell on another machine, over OpenSSH. Connects at the first command; at most 8 commands run at once, others
 * wait. Timeouts and aborts end the program on the other machine too. The machine's host key is checked against the
 * pinned one or the user's known hosts. A host that is a guest is reached over the hypervisor that it lives on.
 */
export function openSshShell(spec: SshHop, through?: SshSession, onRetry?: (text: string) => void): Shell {
  const sessions = hostSessions([spec], through, onRetry);
  const session = sessions[sessions.length - 1] as SshSession;
  const run = (command: ShellCommand) =>
    runRemote(session, {
      ...command,
      argv: () => untranslated(command.argv),
      label: command.argv,
      timeoutMs: command.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    });
  return {
    description: session.description,
    run,
    output: async (command) => {
      const result = await run(command);
      if (result.exitCode !== 0) throw new CommandError(session.description, command.argv, result);
      return result.stdout;
    },
    start: (argv) => startOverLink(session, untranslated(argv)),
    close: async () => {
      for (const each of [...sessions].reverse()) await each.close();
    },
  };
}

/** `sh -c BEGIN MARK argv...`: says where the output of `argv` begins, behind what the login shell prints. */
const BEGIN = `echo "$0 begins"; exec "$@"`;

/** Starts at once from the caller's view: what is written before the link stands is kept. */
function startOverLink(session: SshSession, argv: readonly string[]): RunningCommand {
  const mark = `guest-farm-${randomBytes(12).toString("hex")}`;
  const line = commandForAnyShell(["sh", "-c", BEGIN, mark, ...argv]);
  const started = session.channel().then((channel) => {
    const command = startRunning(channel.argv(line));
    void command.exited.then(() => channel.release());
    return command;
  });
  // Whoever awaits `exited` is told; the other uses of a command that never started do nothing.
  const whenStarted = (use: (command: RunningCommand) => void): void =>
    void started.then(use, () => undefined);
  return {
    write: (text) => whenStarted((command) => command.write(text)),
    end: () => whenStarted((command) => command.end()),
    kill: () => whenStarted((command) => command.kill()),
    lines: (async function* () {
      const command = await started.catch(() => undefined);
      if (command !== undefined) yield* linesFrom(`${mark} begins`, command.lines);
    })(),
    exited: started.then(
      (command) => command.exited,
      (error: unknown) => ({ exitCode: 255, stderr: error instanceof Error ? error.message : String(error) }),
    ),
  };
}

/** What follows the line that ends with `begin`. */
async function* linesFrom(begin: string, lines: AsyncIterable<string>): AsyncGenerator<string> {
  let begun = false;
  for await (const line of lines) {
    if (begun) yield line;
    else begun = line.endsWith(begin);
  }
}
