import type { CommandResult } from "../connections/shell";

/** Whether virsh failed only because there is no such domain. Any other error line is another failure. */
export function saysDomainMissing(result: CommandResult): boolean {
  return saysOnly(result, /failed to get domain|domain not found/i);
}

/** Whether virsh failed only because there is no such network. */
export function saysNetworkMissing(result: CommandResult): boolean {
  return saysOnly(result, /failed to get network|network not found/i);
}

function saysOnly({ exitCode, stderr }: CommandResult, pattern: RegExp): boolean {
  const errors = stderr.split("\n").filter((line) => line.startsWith("error:"));
  return exitCode !== 0 && errors.length > 0 && errors.every((line) => pattern.test(line));
}
