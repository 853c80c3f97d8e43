import { spawn } from "node:child_process";
import { UserError } from "../definitions/user-error";

export interface RerunOptions {
  /** Absolute folder of the Pulumi program. */
  readonly folder: string;
  /** Undefined: the stack that is selected in Pulumi. */
  readonly stack: string | undefined;
  /** Tells this run from all earlier ones. */
  readonly value: string;
}

/**
 * Runs every guest of a stack once more, although nothing has changed: an update with another value of the stack's
 * configuration `guest-farm:rerun`, which stays there.
 *
 * @returns the exit code of `pulumi up`.
 * @throws UserError when there is no `pulumi` on the PATH.
 */
export function rerun({ folder, stack, value }: RerunOptions): Promise<number> {
  const ofStack = stack === undefined ? [] : ["--stack", stack];
  const args = ["up", "--yes", "--skip-preview", "--continue-on-error", ...ofStack];
  return new Promise((resolve, reject) => {
    const pulumi = spawn("pulumi", [...args, "--config", `guest-farm:rerun=${value}`], {
      cwd: folder,
      stdio: "inherit",
    });
    // The terminal sends Ctrl-C to both: how the update ends is for Pulumi to say.
    process.on("SIGINT", () => undefined);
    pulumi.once("exit", (code) => resolve(code ?? 1));
    pulumi.once("error", (error) =>
      reject(
        new UserError({
          what: "pulumi could not be started",
          found: error.message,
          remedy: "put the folder that `make setup` prints on your PATH",
        }),
      ),
    );
  });
}
