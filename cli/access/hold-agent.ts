import { rmSync, symlinkSync } from "node:fs";
import { startKeyAgent } from "../../connections/ssh/agent";
import { PrivateFolder } from "../../connections/ssh/private-folder";
import { UserError } from "../../definitions/user-error";
import type { CliContext } from "../command";
import { agentLink, writeFarmConfig } from "./config-file";
import type { GuestAccessSpec } from "./spec";
import { secretsOf } from "./way-in";

/**
 * Holds the farm's keys in an agent of its own, for plain `ssh -F`, until it is interrupted. The keys are in no file:
 * they go when this process goes, however it ends.
 */
export async function holdAgent(
  stack: string,
  guests: readonly GuestAccessSpec[],
  { folder: program, stdout }: CliContext,
): Promise<number> {
  const keys = guests.flatMap((guest) =>
    [...secretsOf(guest).values()].flatMap(({ privateKey }) => privateKey ?? []),
  );
  if (keys.length === 0) {
    throw new UserError({ what: `no guest of stack "${stack}" is entered with a key of the farm` });
  }
  const folder = new PrivateFolder();
  const link = agentLink(program, stack);
  try {
    const agent = await startKeyAgent(folder, [...new Set(keys)]);
    rmSync(link, { force: true });
    symlinkSync(agent.socket, link);
    const file = writeFarmConfig(program, stack, guests);
    stdout(`the farm's key is ready until this ends (Ctrl-C): ssh -F ${file} <guest>\n`);
    await interrupted();
    await agent.close();
    return 0;
  } finally {
    rmSync(link, { force: true });
    await folder.remove();
    writeFarmConfig(program, stack, guests);
  }
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    // Nothing else may be left that keeps this process alive.
    const alive = setInterval(() => undefined, 1 << 30);
    const end = (): void => {
      clearInterval(alive);
      resolve();
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, end);
  });
}
