import { parseArgs } from "node:util";
import { meantStack, stackAccess } from "../access/stack-access";
import type { CliCommand } from "../command";
import { formatTable } from "../table";
import { ping } from "./ping";

export const pingCommand: CliCommand = {
  synopsis: "[--stack <stack>]",
  summary: "asks every hypervisor and every running guest of a stack whether it answers",
  details: [
    "--stack, -s  the stack. Default: the one that is selected in Pulumi, else the only one with results here.",
    "Starts nothing: a guest that is off is shown as off. Exit code 1: something that should answer does not.",
  ].join("\n"),
  run: async (args, context) => {
    const { values } = parseArgs({ args: [...args], options: { stack: { type: "string", short: "s" } } });
    const stack = meantStack(values.stack, context);
    const answers = await ping(await stackAccess(stack, context));
    if (answers.length === 0) {
      context.stdout(`stack "${stack}" has no guests yet: run \`pulumi up\` first\n`);
      return 0;
    }
    const rows = answers.map(({ kind, name, state, detail }) => [kind, name, state, detail]);
    context.stdout(`${formatTable(["", "name", "state", ""], rows)}\n`);
    return answers.some(({ state }) => state === "silent") ? 1 : 0;
  },
};
