import { CommandError, type CommandResult } from "../../connections/shell";
import { UserError } from "../../definitions/user-error";
import type { HypervisorHost } from "../host";
import { noSpaceLeft } from "./space";

/** The server of a source cannot be reached: another source may stand in. */
export class SourceUnreachableError extends Error {
  constructor(
    readonly url: string,
    readonly reason: string,
  ) {
    super(`${url} cannot be reached: ${reason}`);
    this.name = "SourceUnreachableError";
  }
}

/** Exit codes of the scripts under `scripts/`. */
const MENDABLE = 65;
const UNREACHABLE = 69;

/** Marks the lines on a script's standard error that are its message. */
export const FAILURE_MARK = "! ";

/** What a script's failure means. */
export function scriptFailure(
  host: HypervisorHost,
  argv: readonly string[],
  result: CommandResult,
): UserError | SourceUnreachableError | CommandError {
  const said = result.stderr
    .split("\n")
    .filter((line) => line.startsWith(FAILURE_MARK))
    .map((line) => line.slice(FAILURE_MARK.length));
  const [what, remedy] = said;
  if (result.exitCode === MENDABLE && what !== undefined) {
    return new UserError({
      what: `hypervisor "${host.spec.name}": ${what}`,
      ...(remedy === undefined ? {} : { remedy }),
    });
  }
  if (result.exitCode === UNREACHABLE && what !== undefined) {
    return new SourceUnreachableError(what, remedy ?? "no reason known");
  }
  return noSpaceLeft(host, argv[0] ?? "", result) ?? new CommandError(host.shell.description, argv, result);
}
