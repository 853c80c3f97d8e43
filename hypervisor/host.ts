import { CommandError, type CommandResult, type Shell } from "../connections/shell";
import { openShell } from "../connections/open";
import { hostFiles, type HostFiles } from "./host-files";
import type { HypervisorSpec } from "./spec";
import { COMMAND_LIMITS } from "../definitions/time-limits";
import { whyLibvirtAway } from "./libvirt-away";
import { Patience } from "./patience";
import { VirshSession } from "./virsh-session";

export interface VirshOptions {
  /** Reaches virsh as a file that it can open: pass `STDIN_FILE` where virsh wants a file name. */
  readonly stdin?: string;
  /** Milliseconds; default 60,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Running it again does no harm: it is repeated although libvirt may have done it already. Default: false. */
  readonly repeatable?: boolean;
}

/** File name under which virsh reads `VirshOptions.stdin`. */
export const STDIN_FILE = "/dev/stdin";

/** A hypervisor that can be worked with. */
export interface HypervisorHost {
  readonly spec: HypervisorSpec;
  /** Runs programs on the hypervisor's host. */
  readonly shell: Shell;
  /** Files of the hypervisor's host. */
  readonly files: HostFiles;
  /** Repeats what libvirt did not answer; absent: the first answer counts. */
  readonly patience?: Patience;
  /**
   * Runs one virsh command, in English, and returns its output.
   * @throws CommandError when virsh says no, CommandTimeoutError when libvirt does not answer in time.
   */
  virsh(args: readonly string[], options?: VirshOptions): Promise<string>;
  /** As `virsh`, but a refusal is a result. */
  tryVirsh(args: readonly string[], options?: VirshOptions): Promise<CommandResult>;
  /** Ends the virsh that stays open, and waits for it: under a lease, the lease's keeper would have to find and end it. */
  endVirsh(): Promise<void>;
  /** Closes the connection to the host. */
  close(): Promise<void>;
}

const VIRSH_TIMEOUT_MS = COMMAND_LIMITS.virsh;

/** Standard input of a child can be a socket, which `/dev/stdin` cannot open: a pipe is put between. */
const THROUGH_PIPE = ["sh", "-c", 'cat | "$@"', "sh"] as const;

/** How a hypervisor is used. */
export interface HostOptions {
  /** Many questions come one after the other: a virsh stays open for them. Default: false. */
  readonly keepVirsh?: boolean;
  /**
   * Commands that libvirt did not answer are repeated for minutes, and this is told of the wait. Default: the first
   * answer counts.
   */
  readonly onAway?: (text: string) => void;
  /** The same, with a clock of the caller's. */
  readonly patience?: Patience;
}

/** A hypervisor over a shell of its host. */
export function hypervisorHost(
  spec: HypervisorSpec,
  shell: Shell,
  { keepVirsh = false, onAway, ...options }: HostOptions = {},
): HypervisorHost {
  const patience =
    options.patience ?? (onAway === undefined ? undefined : new Patience(shell.description, onAway));
  const session = keepVirsh ? new VirshSession(shell, spec.uri) : undefined;
  const command = (
    args: readonly string[],
    { stdin, timeoutMs = VIRSH_TIMEOUT_MS, signal }: VirshOptions,
  ) => ({
    argv: [...(stdin === undefined ? [] : THROUGH_PIPE), "env", "LC_ALL=C", "virsh", "-c", spec.uri, ...args],
    timeoutMs,
    ...(stdin === undefined ? {} : { stdin }),
    ...(signal === undefined ? {} : { signal }),
  });
  const once = async (args: readonly string[], options: VirshOptions): Promise<CommandResult> => {
    const { stdin, timeoutMs = VIRSH_TIMEOUT_MS, signal } = options;
    const stdout = stdin === undefined ? await session?.ask(args, timeoutMs, signal) : null;
    return stdout == null ? shell.run(command(args, options)) : { exitCode: 0, stdout, stderr: "" };
  };
  const tryVirsh = (args: readonly string[], options: VirshOptions = {}): Promise<CommandResult> => {
    if (patience === undefined) return once(args, options);
    const { repeatable = false, signal } = options;
    return patience.untilAnswered(
      () => once(args, options),
      (outcome) => whyLibvirtAway(outcome, repeatable),
      signal,
    );
  };

  return {
    spec,
    shell,
    files: hostFiles(shell),
    ...(patience === undefined ? {} : { patience }),
    tryVirsh,
    virsh: async (args, options = {}) => {
      const result = await tryVirsh(args, options);
      if (result.exitCode !== 0) throw new CommandError(shell.description, ["virsh", ...args], result);
      return result.stdout;
    },
    endVirsh: async () => session?.end(),
    close: () => {
      session?.close();
      return shell.close();
    },
  };
}

/** Opens a hypervisor by its connection. Nothing is contacted before the first command. */
export function openHypervisor(spec: HypervisorSpec, options: HostOptions = {}): HypervisorHost {
  return hypervisorHost(spec, openShell(spec.connection, options.onAway), options);
}
