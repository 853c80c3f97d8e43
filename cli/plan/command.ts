import { parseArgs } from "node:util";
import type { CliCommand } from "../command";
import { onlyStack } from "../results/choose-stack";
import { plansOfPreview } from "./preview";
import { planTable } from "./table";

export const planCommand: CliCommand = {
  synopsis: "[--stack <stack>] [--json]",
  summary: "shows what an update would do with every guest, and why",
  details: [
    "--stack, -s  the stack. Default: the one that is selected in Pulumi, else the only one with results here.",
    "--json       the same as JSON, for programs: the phases one by one, the strategy with its reason.",
    "Runs `pulumi preview` and changes nothing. Exit code 1: the preview failed; it says why.",
  ].join("\n"),
  run: async (args, context) => {
    const { folder, stdout } = context;
    const { values } = parseArgs({
      args: [...args],
      options: { stack: { type: "string", short: "s" }, json: { type: "boolean" } },
    });
    const plans = await plansOfPreview({ folder, stack: values.stack ?? onlyStack(context) });
    stdout(`${values.json === true ? JSON.stringify(plans, undefined, 2) : planTable(plans)}\n`);
    return 0;
  },
};
