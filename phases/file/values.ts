import { z } from "zod";
import { RANGES, SECONDS_RANGE } from "../../definitions/ranges";
import { keysMessage } from "../../definitions/source/mistakes";

/** Text that may have `${{ }}` expressions in it. */
export function text(description: string) {
  return z.string({ error: "text" }).min(1, "text that is not empty").describe(description);
}

/** Text that may be empty. */
export function anyText(description: string) {
  return z.string({ error: "text" }).describe(description);
}

/** Seconds, fractions allowed. */
export function seconds(description: string) {
  return z
    .number({ error: SECONDS })
    .min(RANGES.seconds.least, SECONDS)
    .max(RANGES.seconds.most, SECONDS)
    .describe(description);
}

const SECONDS = SECONDS_RANGE(RANGES.seconds);

/** A map that has these keys and no others; its error message lists them, for the nearest name. */
export function strictMap<Shape extends z.core.$ZodLooseShape>(shape: Shape, what = "a map") {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === "unrecognized_keys" ? keysMessage(Object.keys(shape)) : what),
  });
}

export const Mode = z
  .string({ error: 'octal digits in quotes, as "0644"' })
  .regex(/^0?[0-7]{3,4}$/, 'octal digits in quotes, as "0644"')
  .describe('Access mode in octal, in quotes: "0644".');

const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export const Env = z
  .record(
    z.string().regex(ENV_NAME, "letters, digits and _, not starting with a digit"),
    z.union([z.string(), z.number(), z.boolean()], { error: "text, a number or true/false" }),
    {
      error: (issue) =>
        issue.code === "invalid_key"
          ? "names of letters, digits and _, not starting with a digit"
          : "a map of variable names to text",
    },
  )
  .describe("Environment variables of the command.");

const ExitCode = z
  .number({ error: "a whole number from 0 to 255" })
  .int("a whole number from 0 to 255")
  .min(0, "a whole number from 0 to 255")
  .max(255, "a whole number from 0 to 255");

export const Expect = strictMap({
  exitCode: z
    .union([ExitCode, z.array(ExitCode).min(1)], { error: "an exit code from 0 to 255, or a list of them" })
    .optional()
    .describe("Exit code that counts as passed, or a list of them. Default: 0."),
  stdout: text(
    "Text that standard output has to contain. Between slashes, as /^ok$/m, a regular expression that it has to match. The last 1 MiB is looked at.",
  ).optional(),
}).describe("What the command has to do to count as passed.");

export const Shell = z
  .enum(["sh", "bash", "powershell"], { error: "sh, bash or powershell" })
  .describe("Interpreter in the guest. Default: the platform's.");
