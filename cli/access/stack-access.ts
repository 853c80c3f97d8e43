import { execFile } from "node:child_process";
import { z } from "zod";
import { nearestName, oneOf } from "../../definitions/nearest";
import { UserError } from "../../definitions/user-error";
import type { CliContext } from "../command";
import { diagnosticsOf } from "../plan/preview";
import { keptStacks } from "../results/kept-results";
import { selectedStack } from "../results/selected-stack";
import { GuestAccessSpec } from "./spec";

const State = z.object({
  deployment: z.object({
    resources: z
      .array(z.object({ type: z.string(), outputs: z.record(z.string(), z.unknown()).optional() }))
      .optional(),
  }),
});
const MAX_STATE = 512 * 1024 * 1024;
/** Made by the stack, or by another one. */
const GUESTS = ["guest-farm:index:Guest", "guest-farm:index:GuestReference"];
/** How Pulumi marks a secret in a state (sdk/go/common/resource). */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const Secret = z.object({ [SIGNATURE]: z.string(), plaintext: z.string() });

/**
 * The stack that a person means.
 *
 * @param wanted what they say; undefined: the stack that is selected in Pulumi, else the only one with results here
 */
export function meantStack(wanted: string | undefined, { folder, environment }: CliContext): string {
  const [only, ...others] = keptStacks(folder);
  const stack = wanted ?? selectedStack(folder, environment) ?? (others.length === 0 ? only : undefined);
  if (stack !== undefined) return stack;
  throw new UserError({ what: "which stack?", remedy: "say it with --stack, or `pulumi stack select` one" });
}

/** How to get into every guest of a stack, from its state. @throws UserError with Pulumi's words. */
export async function stackAccess(stack: string, context: CliContext): Promise<readonly GuestAccessSpec[]> {
  const text = await exportState(stack, context);
  const { deployment } = State.parse(JSON.parse(text));
  return (deployment.resources ?? []).flatMap(({ type, outputs }) => {
    if (!GUESTS.includes(type)) return [];
    const access = GuestAccessSpec.safeParse(plain(outputs?.["access"]));
    return access.success ? [access.data] : [];
  });
}

/** One guest of a stack. @throws UserError listing those that there are. */
export function oneGuest(guests: readonly GuestAccessSpec[], name: string, stack: string): GuestAccessSpec {
  const found = guests.find((guest) => guest.name === name);
  if (found !== undefined) return found;
  const names = guests.map((guest) => guest.name);
  const nearest = nearestName(name, names);
  throw new UserError({
    what: `stack "${stack}" has no such guest`,
    found: name,
    allowed: names.length === 0 ? "none yet: run `pulumi up` first" : oneOf(names),
    ...(nearest === undefined ? {} : { remedy: `did you mean "${nearest}"?` }),
  });
}

function exportState(stack: string, { folder, environment }: CliContext): Promise<string> {
  const argv = ["stack", "export", "--show-secrets", "--stack", stack, "--non-interactive"];
  const options = { cwd: folder, env: { ...environment }, maxBuffer: MAX_STATE };
  return new Promise((resolve, reject) => {
    execFile("pulumi", argv, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else
        reject(
          new UserError({
            what: `the state of stack "${stack}" cannot be read`,
            found: diagnosticsOf(stderr) || error.message,
            remedy: "run it where `pulumi stack` works for this stack",
          }),
        );
    });
  });
}

/** A value of the state with its secrets opened. */
function plain(value: unknown): unknown {
  const secret = Secret.safeParse(value);
  if (secret.success) return plain(JSON.parse(secret.data.plaintext));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}
