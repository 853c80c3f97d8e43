import { parseArgs } from "node:util";
import { meantStack, stackAccess } from "../access/stack-access";
import { type CliCommand, UsageError } from "../command";
import { formatTable } from "../table";
import { ping } from "./ping";

const DEFAULT_SECONDS = 20;

export const pingCommand: CliCommand = {
  synopsis: "[--stack <stack>] [--timeout <seconds>]",
  summary: "asks every hypervisor and every running guest of a stack whether it answers",
  details: [
    "--stack, -s  the stack. Default: the one that is selected in Pulumi, else the only one with results here.",
    `--timeout    seconds that each machine has to answer. Default: ${DEFAULT_SECONDS}.`,
    "Starts nothing: a guest that is off is shown as off. Exit code 1: something that should answer does not.",
  ].join("\n"),
  run: async (args, context) => {
    const { values } = parseArgs({
      args: [...args],
      options: { stack: { type: "string", short: "s" }, timeout: { type: "string" } },
    });
    const limitMs = 1000 * secondsOf(values.timeout);
    const stack = meantStack(values.stack, context);
    const answers = await ping(await stackAccess(stack, context), limitMs);
    if (answers.length === 0) {
      context.stdout(`stack "${stack}" has no guests yet: run \`pulumi up\` first\n`);
      return 0;
    }
    const rows = answers.map(({ kind, name, state, detail }) => [kind, name, state, detail]);
    context.stdout(`${formatTable(["", "name", "state", ""], rows)}\n`);
    return answers.some(({ state }) => state === "silent") ? 1 : 0;
  },
};

function secondsOf(text: string | undefined): number {
  const seconds = text === undefined ? DEFAULT_SECONDS : Number(text);
  if (text?.trim() !== "" && Number.isFinite(seconds) && seconds > 0) return seconds;
  throw new UsageError({
    what: "--timeout takes seconds",
    found: text ?? "",
    allowed: "a number, more than 0",
    remedy: `leave it out for ${DEFAULT_SECONDS} s`,
  });
}
