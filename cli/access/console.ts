import { shellCommand } from "../../connections/quote";
import { UserError } from "../../definitions/user-error";
import { guestFiles } from "../../hypervisor/guest-files";
import type { CliContext } from "../command";
import { FarmNodes } from "./farm-nodes";
import { withHost, withRunningGuest } from "./running-guest";
import type { GuestAccessSpec } from "./spec";
import { atTerminal, secretsOf, WayIn } from "./way-in";

/** Longest time for reading a console's log, in milliseconds. */
const LOG_LIMIT_MS = 600_000;

/** Prints what a guest has said on its serial console since its first boot; the guest may be off. */
export async function printConsoleLog(access: GuestAccessSpec, { stdout }: CliContext): Promise<number> {
  const { console: log } = guestFiles(access.hypervisor.diskPoolPath, access.domain);
  return withHost(access, async ({ shell }) => {
    const result = await shell.run({
      argv: ["cat", "--", log],
      timeoutMs: LOG_LIMIT_MS,
      onOutput: (stream, chunk) => {
        if (stream === "stdout") stdout(chunk);
      },
    });
    if (result.exitCode === 0) return 0;
    throw new UserError({
      what: `there is no console log of guest "${access.name}" yet`,
      found: result.stderr.trim(),
      remedy: "it begins with the first boot",
    });
  });
}

/** Attaches the terminal to a guest's serial console. @throws UserError when the guest is off. */
export async function attachConsole(access: GuestAccessSpec): Promise<number> {
  await withRunningGuest(access, () => Promise.resolve());
  const { hypervisor, domain } = access;
  const argv = ["virsh", "-c", hypervisor.uri, "console", "--domain", domain];
  const way = new FarmNodes().host(hypervisor);
  if (way === null) return atTerminal(argv);
  const wayIn = await WayIn.open(way, secretsOf(access));
  try {
    return await wayIn.ssh([shellCommand(argv)], ["-t"]);
  } finally {
    await wayIn.close();
  }
}
