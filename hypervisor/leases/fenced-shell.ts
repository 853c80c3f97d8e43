import { CommandError, type CommandResult, type Shell } from "../../connections/shell";
import { LeaseLostError } from "./lease";

/** Exit code of a program that was not started because its lease has ended. */
const FENCED = 75;

/** A shell whose programs run under a lease from `enter` on. */
export interface FencedShell extends Shell {
  /** @param fence of the lease */
  enter(fence: string): void;
}

/**
 * Runs programs so that the keeper of a lease can end them: each holds a shared lock on the fence, and so do all that it
 * starts. None starts once the lease has ended, whatever the controller knows of that. It costs a millisecond.
 */
export function fencedShell(shell: Shell): FencedShell {
  let fence: string | undefined;
  const fenced = (argv: readonly string[]): readonly string[] =>
    fence === undefined ? argv : ["flock", "-s", "-n", "-F", "-E", String(FENCED), fence, ...argv];
  const checked = (result: CommandResult): CommandResult => {
    if (fence !== undefined && wasFenced(result, fence)) throw new LeaseLostError(shell.description);
    return result;
  };
  const run: Shell["run"] = async (command) =>
    checked(await shell.run({ ...command, argv: fenced(command.argv) }));
  return {
    description: shell.description,
    enter: (path) => {
      fence = path;
    },
    run,
    output: async (command) => {
      const result = await run(command);
      if (result.exitCode !== 0) throw new CommandError(shell.description, command.argv, result);
      return result.stdout;
    },
    start: (argv) => shell.start(fenced(argv)),
    close: () => shell.close(),
  };
}

function wasFenced({ exitCode, stdout, stderr }: CommandResult, fence: string): boolean {
  if (exitCode === FENCED) return stdout === "" && stderr === "";
  return exitCode !== 0 && stderr.startsWith("flock: cannot open lock file") && stderr.includes(fence);
}
