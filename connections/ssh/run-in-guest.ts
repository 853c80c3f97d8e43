import type { GuestProgram } from "../guest/executor";
import type { CommandResult } from "../shell";
import { type Becoming, wantsTerminal } from "./escalation";
import { runRemote } from "./remote-run";
import { runOnTerminal } from "./run-on-terminal";
import type { SshSession } from "./session";

/** The guest that a session leads to. */
export interface GuestLogin {
  /** Login user: to become that user nothing has to be done. */
  readonly user: string;
  readonly os: "linux" | "bsd" | "windows";
}

/** Runs a program in a guest over a session, as another user where it asks for one. Errors as in `Shell.run`. */
export async function runInGuest(
  session: SshSession,
  program: GuestProgram,
  login: GuestLogin,
): Promise<CommandResult> {
  const { as, argv, ...rest } = program;
  const argvOf = typeof argv === "function" ? argv : () => argv;
  const run = {
    ...rest,
    argv: argvOf,
    dialect: login.os === "windows" ? ("windows" as const) : ("posix" as const),
  };
  if (as === undefined || as.user === login.user) return runRemote(session, run);
  const becoming: Becoming = login.os === "linux" ? { ...as, suShell: "/bin/sh" } : as;
  if (as.method === "doas" && as.password !== undefined) return runOnTerminal(session, run, becoming);
  const result = await runRemote(session, { ...run, as: becoming });
  const refused = result.exitCode !== 0 && as.password !== undefined && wantsTerminal(result.stderr);
  return refused ? runOnTerminal(session, run, becoming) : result;
}
