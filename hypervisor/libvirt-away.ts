import { CommandTimeoutError, LinkLostError, type CommandResult } from "../connections/shell";
import type { Attempt } from "./patience";

/** virsh was not let in: asking again would not help. */
const REFUSED = /authentication|permission denied|access denied|no polkit|no connection driver|unsupported/i;
const NO_CONNECTION = /failed to connect to the hypervisor/i;
/** The answer was lost, or libvirt was not able to begin. */
const BROKEN =
  /cannot (?:recv|write) data|end of file while reading|connection reset by peer|broken pipe|client socket is closed|connection closed due to keepalive|disconnected from|cannot acquire state change lock|domain is not available|hypervisor connection is (?:closed|dead)/i;

/**
 * Why a virsh command is worth another attempt, or null. A command that must not run twice is repeated only where it
 * has certainly not begun.
 *
 * @param mayHaveRun whether running it again does no harm
 */
export function whyLibvirtAway(outcome: Attempt<CommandResult>, mayHaveRun: boolean): string | null {
  if ("error" in outcome) {
    const { error } = outcome;
    if (error instanceof LinkLostError && (mayHaveRun || !error.midway)) return error.message;
    if (error instanceof CommandTimeoutError && mayHaveRun) return error.message;
    return null;
  }
  const { exitCode, stderr } = outcome.value;
  if (exitCode === 0 || REFUSED.test(stderr)) return null;
  const isAway = NO_CONNECTION.test(stderr) || (mayHaveRun && BROKEN.test(stderr));
  return isAway ? lastWords(stderr) : null;
}

function lastWords(stderr: string): string {
  const lines = stderr.split("\n").map((line) => line.replace(/^error:\s*/, "").trim());
  return lines.findLast((line) => line !== "") ?? "it gave no reason";
}
