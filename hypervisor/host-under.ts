import type { RunningCommand, Shell, ShellCommand } from "../connections/shell";
import type { HypervisorHost, VirshOptions } from "./host";
import { hostFiles } from "./host-files";

/**
 * A hypervisor for one piece of work that may be given up: when the signal is aborted, what runs is ended, and nothing
 * is begun any more, so that work that was given up cannot meet what comes after it.
 */
export function hostUnder(host: HypervisorHost, signal: AbortSignal | undefined): HypervisorHost {
  if (signal === undefined) return host;
  const shell = shellUnder(host.shell, signal);
  const options = (given: VirshOptions = {}): VirshOptions => ({
    ...given,
    signal: both(signal, given.signal),
  });
  return {
    ...host,
    shell,
    files: hostFiles(shell),
    virsh: async (args, given) => {
      signal.throwIfAborted();
      return host.virsh(args, options(given));
    },
    tryVirsh: async (args, given) => {
      signal.throwIfAborted();
      return host.tryVirsh(args, options(given));
    },
  };
}

function shellUnder(shell: Shell, signal: AbortSignal): Shell {
  const under = (command: ShellCommand): ShellCommand => ({
    ...command,
    signal: both(signal, command.signal),
  });
  return {
    description: shell.description,
    run: async (command) => {
      signal.throwIfAborted();
      return shell.run(under(command));
    },
    output: async (command) => {
      signal.throwIfAborted();
      return shell.output(under(command));
    },
    start: (argv) => {
      signal.throwIfAborted();
      return endWith(shell.start(argv), signal);
    },
    close: () => shell.close(),
  };
}

function endWith(command: RunningCommand, signal: AbortSignal): RunningCommand {
  const kill = () => command.kill();
  signal.addEventListener("abort", kill, { once: true });
  void command.exited.then(() => signal.removeEventListener("abort", kill));
  return command;
}

function both(signal: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  return other === undefined ? signal : AbortSignal.any([signal, other]);
}
