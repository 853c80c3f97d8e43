import { parseArgs } from "node:util";
import { consoleCommand, cpCommand, sshAgentCommand, sshCommand, sshConfigCommand } from "./access/commands";
import { type CliCommand, UsageError } from "./command";
import { doctor } from "./doctor";
import { imagesCommand } from "./images-command";
import { chooseStack, onlyStack } from "./results/choose-stack";
import { pingCommand } from "./ping/command";
import { planCommand } from "./plan/command";
import { rerun } from "./rerun";
import { printLog } from "./results/logs";
import { reportTable, stackReport } from "./results/report";
import { sweepCommand } from "./sweep/sweep-command";

const STACK = { type: "string", short: "s" } as const;
const STACK_DETAILS =
  "--stack, -s  the stack. Default: the one that is selected in Pulumi, else the only one with results here.";

const doctorCommand: CliCommand = {
  synopsis: "[hypervisor] [--stack <stack>] [--brief]",
  summary: "checks what this machine and the hypervisors need, and says what to do about what is missing",
  details: [
    "Without a stack: this machine as controller and hypervisor. Changes nothing.",
    "--stack, -s  looks at the hypervisors of that stack's farm file; with a name, only at that one.",
    "--brief      shows only what needs attention.",
    "Exit code 1: something does not work.",
  ].join("\n"),
  run: (args, context) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { stack: STACK, brief: { type: "boolean" } },
      allowPositionals: true,
    });
    const [hypervisor] = atMostOne(positionals, "hypervisor");
    return doctor(
      {
        folder: context.folder,
        brief: values.brief ?? false,
        ...(hypervisor === undefined ? {} : { hypervisor }),
        ...(values.stack === undefined ? {} : { stack: values.stack }),
      },
      context.stdout,
    );
  },
};

const logsCommand: CliCommand = {
  synopsis: "<guest> [--stack <stack>] [--phase <phase>] [--run <run>]",
  summary: "prints a log of a guest's last run",
  details: [
    STACK_DETAILS,
    "--phase      dependencies, init, main or terminate: output of that phase; run: what happened, line by line;",
    "             supervisor: messages of the supervisor. Default: the phase that failed, else main, else run.",
    "--run        id of an older run, or its beginning. Default: the last run.",
  ].join("\n"),
  run: (args, context) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { stack: STACK, phase: { type: "string" }, run: { type: "string" } },
      allowPositionals: true,
    });
    const [guest] = atMostOne(positionals, "guest");
    if (guest === undefined) {
      throw new UsageError({ what: "which guest?", remedy: `guest-farm logs ${logsCommand.synopsis}` });
    }
    const stack = chooseStack(values.stack, context);
    printLog({ folder: context.folder, stack, guest, phase: values.phase, run: values.run }, context.stdout);
    return 0;
  },
};

const reportCommand: CliCommand = {
  synopsis: "[--stack <stack>] [--json]",
  summary: "shows the last result of every guest of a stack",
  details: [
    STACK_DETAILS,
    "--json       the same as JSON, for programs.",
    "Exit code 0, whatever the results are.",
  ].join("\n"),
  run: (args, context) => {
    const { values } = parseArgs({ args: [...args], options: { stack: STACK, json: { type: "boolean" } } });
    const report = stackReport(context.folder, chooseStack(values.stack, context));
    context.stdout(`${values.json === true ? JSON.stringify(report, undefined, 2) : reportTable(report)}\n`);
    return 0;
  },
};

const rerunCommand: CliCommand = {
  synopsis: "[--stack <stack>]",
  summary: "runs every guest of a stack once more, although nothing has changed",
  details: [
    STACK_DETAILS,
    "The same as `pulumi up` after `pulumi config set guest-farm:rerun <anything new>`. Exit code: that of `pulumi up`.",
  ].join("\n"),
  run: (args, context) => {
    const { values } = parseArgs({ args: [...args], options: { stack: STACK } });
    const { folder } = context;
    return rerun({ folder, stack: values.stack ?? onlyStack(context), value: new Date().toISOString() });
  },
};

/** All commands by name, in the order of the help. */
export const COMMANDS: ReadonlyMap<string, CliCommand> = new Map([
  ["console", consoleCommand],
  ["cp", cpCommand],
  ["doctor", doctorCommand],
  ["images", imagesCommand],
  ["logs", logsCommand],
  ["ping", pingCommand],
  ["plan", planCommand],
  ["report", reportCommand],
  ["rerun", rerunCommand],
  ["ssh", sshCommand],
  ["ssh-agent", sshAgentCommand],
  ["ssh-config", sshConfigCommand],
  ["sweep", sweepCommand],
]);

function atMostOne(positionals: readonly string[], what: string): readonly string[] {
  if (positionals.length > 1) {
    throw new UsageError({ what: `only one ${what} can be given`, found: positionals.join(" ") });
  }
  return positionals;
}
