import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { GuestPlan, PLAN_FILE_VARIABLE } from "../../definitions/guest-plan";
import { UserError } from "../../definitions/user-error";

export interface PreviewOptions {
  /** Absolute folder of the Pulumi program. */
  readonly folder: string;
  /** Undefined: the stack that is selected in Pulumi. */
  readonly stack: string | undefined;
}

/**
 * The plan of all guests of a stack, as its program tells it during a preview: so it is what an update would do, with
 * the stack's configuration and secrets. Changes nothing.
 *
 * @throws UserError with what Pulumi says, when the preview fails; for a program of the user's own, which tells no plan.
 */
export async function plansOfPreview({ folder, stack }: PreviewOptions): Promise<readonly GuestPlan[]> {
  const work = mkdtempSync(join(tmpdir(), "guest-farm-plan-"));
  const file = join(work, "plan.json");
  try {
    const ofStack = stack === undefined ? [] : ["--stack", stack];
    const args = ["preview", "--non-interactive", "--color", "never", "--suppress-outputs", ...ofStack];
    const { code, output } = await run(args, folder, { ...process.env, [PLAN_FILE_VARIABLE]: file });
    if (code !== 0) {
      throw new UserError({
        what: "the preview failed, so nothing is known of what would run",
        found: diagnosticsOf(output),
        remedy: "correct this and try again; `pulumi preview` shows all of it",
      });
    }
    if (!existsSync(file)) {
      throw new UserError({
        what: "the program of this stack tells no plan",
        found: "a preview that passed, of a program of your own",
        allowed: "a stack that has a farm file",
        remedy: "`pulumi preview --diff` shows what would change",
      });
    }
    return z.array(GuestPlan).parse(JSON.parse(readFileSync(file, "utf8")));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function run(
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const pulumi = spawn("pulumi", args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [pulumi.stdout, pulumi.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    }
    pulumi.once("close", (code) => resolve({ code, output }));
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

/** What Pulumi says went wrong: the part below `Diagnostics:`, or all of a short answer but our launcher's remark. */
export function diagnosticsOf(text: string): string {
  const output = text.replace(/^guest-farm: .*\n/gm, "");
  const start = output.indexOf("\nDiagnostics:");
  return (start < 0 ? output : output.slice(start + "\nDiagnostics:".length)).trim();
}
