import { runChild, startRunning } from "./process/run-child";
import { CommandError, type Shell } from "./shell";

const MACHINE = "local";

/**
 * The controller itself. Programs run in a process group of their own, untranslated (`LC_ALL=C`). A program that
 * does not exist gives exit code 127, as in any shell. On a timeout or abort the whole group gets SIGTERM, and
 * SIGKILL 2 s later.
 */
export function openLocalShell(): Shell {
  return {
    description: MACHINE,
    run: (command) => runChild(MACHINE, command),
    output: async (command) => {
      const result = await runChild(MACHINE, command);
      if (result.exitCode !== 0) throw new CommandError(MACHINE, command.argv, result);
      return result.stdout;
    },
    start: (argv) => startRunning(argv),
    close: () => Promise.resolve(),
  };
}
