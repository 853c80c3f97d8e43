import { randomBytes } from "node:crypto";
import type { Escalation } from "../../guest-connection";
import { CommandError } from "../../shell";
import type { GuestExecutor } from "../executor";
import { freshBytes, freshPrograms } from "./fresh-programs";
import { isOtherSystem, readOutcome, type RefreshOutcome } from "./outcome";
import * as scripts from "./scripts";

/** What there is to know of a guest with a POSIX shell before anything is asked of it. */
export interface PosixSystem {
  readonly os: "linux" | "bsd";
  /** Architecture of the machine, by libvirt's name; none: not known. */
  readonly arch?: string;
}

const LIMIT_MS = 15_000;
const LABEL = ["set the clock and renew the random numbers"];

/**
 * Sets the clock of a restored guest and renews the random numbers of its kernel.
 *
 * @param root how to become root, where the login user is not.
 * @throws CommandError when the command did not get to its end, and what the executor throws.
 */
export async function refresh(
  executor: GuestExecutor,
  { os, arch }: PosixSystem,
  root?: Escalation,
): Promise<RefreshOutcome> {
  const run = async (script: string, stdin?: Buffer): Promise<RefreshOutcome> => {
    const name = `gf-${randomBytes(12).toString("hex")}`;
    const now = Date.now();
    const fraction = String(now % 1000).padStart(3, "0");
    const argv = ["sh", "-c", script, "refresh", String(Math.floor(now / 1000)), fraction, name];
    const result = await executor.exec({
      argv,
      label: LABEL,
      timeoutMs: LIMIT_MS,
      alone: true,
      ...(stdin && { stdin }),
      ...(root && { as: root }),
    });
    const outcome = readOutcome(result.stdout);
    if (outcome === null) throw new CommandError(executor.description, LABEL, result);
    return outcome;
  };
  if (os === "bsd") return run(scripts.REFRESH_BSD, freshBytes());
  let outcome: RefreshOutcome | undefined;
  for (const program of freshPrograms(arch)) {
    outcome = await run(scripts.REFRESH_LINUX, program);
    if (!isOtherSystem(outcome)) break;
  }
  return outcome ?? run(scripts.SET_CLOCK_ALONE);
}
