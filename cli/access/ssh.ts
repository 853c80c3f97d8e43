import { FoundGuest } from "../../connections/ssh/found-guest";
import { ReadinessError } from "../../connections/guest-connection";
import { UserError } from "../../definitions/user-error";
import type { HypervisorHost } from "../../hypervisor/host";
import type { CliContext } from "../command";
import { FarmNodes } from "./farm-nodes";
import { openAccess } from "./open-access";
import { withRunningGuest } from "./running-guest";
import type { GuestAccessSpec } from "./spec";
import { secretsOf, WayIn } from "./way-in";

/** Longest time that a command may take in a guest that is reached by its agent, in milliseconds. */
const AGENT_LIMIT_MS = 24 * 3600 * 1000;

/**
 * Logs in to a guest, or runs a command there.
 *
 * @param command empty: a login shell
 * @returns the exit code of the command.
 */
export async function sshIntoGuest(
  access: GuestAccessSpec,
  command: readonly string[],
  context: CliContext,
): Promise<number> {
  if (access.connection.type === "agent") return runByAgent(access, command, context);
  const address = await withRunningGuest(access, (host) => addressOf(access, host));
  const way = new FarmNodes().guest(access, address);
  if (way === null) throw new UserError({ what: `the address of guest "${access.name}" is not known` });
  const wayIn = await WayIn.open(way, secretsOf(access));
  try {
    return await wayIn.ssh(command);
  } finally {
    await wayIn.close();
  }
}

/** Where a guest without a fixed address is now. @throws UserError when it is nowhere. */
async function addressOf(access: GuestAccessSpec, host: HypervisorHost): Promise<string | undefined> {
  if (access.connection.type !== "ssh" || access.connection.address !== undefined) return undefined;
  try {
    const guest = await openAccess(access, host);
    await guest.close();
    return guest instanceof FoundGuest ? guest.lastAddress : undefined;
  } catch (error) {
    if (!(error instanceof ReadinessError)) throw error;
    throw new UserError({ what: `guest "${access.name}" cannot be found`, found: error.message });
  }
}

/** The agent runs programs, but has no terminal. */
async function runByAgent(
  access: GuestAccessSpec,
  command: readonly string[],
  { stdout, stderr }: CliContext,
): Promise<number> {
  if (command.length === 0) {
    throw new UserError({
      what: `guest "${access.name}" is reached by its guest agent, which has no login shell`,
      remedy: `guest-farm ssh ${access.name} <command>, or guest-farm console ${access.name}`,
    });
  }
  return withRunningGuest(access, async (host) => {
    const guest = await openAccess(access, host);
    try {
      const result = await guest.run({
        text: command.join(" "),
        shell: "sh",
        timeoutMs: AGENT_LIMIT_MS,
        onOutput: (stream, chunk) => (stream === "stdout" ? stdout(chunk) : stderr(chunk.toString())),
      });
      return result.exitCode;
    } finally {
      await guest.close();
    }
  });
}
