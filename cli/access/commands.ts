import { parseArgs } from "node:util";
import { type CliCommand, type CliContext, UsageError } from "../command";
import { writeFarmConfig } from "./config-file";
import { attachConsole, printConsoleLog } from "./console";
import { checkPlaces, copy, parsePlace } from "./copy";
import { holdAgent } from "./hold-agent";
import { sshIntoGuest } from "./ssh";
import { meantStack, oneGuest, stackAccess } from "./stack-access";

const STACK = { type: "string", short: "s" } as const;
const STACK_DETAILS =
  "--stack, -s  the stack. Default: the one that is selected in Pulumi, else the only one with results here.";

/** The guests of a stack; the OpenSSH configuration beside its results is written anew on the way. */
async function guestsOf(wanted: string | undefined, context: CliContext) {
  const stack = meantStack(wanted, context);
  const guests = await stackAccess(stack, context);
  return { stack, guests, configFile: writeFarmConfig(context.folder, stack, guests) };
}

export const sshCommand: CliCommand = {
  synopsis: "[--stack <stack>] <guest> [command...]",
  summary: "logs in to a guest that is on, or runs a command there",
  details: [
    STACK_DETAILS,
    "The farm's key comes from the stack's state and is held by an agent of its own while this runs.",
    "What stands after the guest is the command, as with ssh. Exit code: that of the command.",
  ].join("\n"),
  ownArguments: (args) => untilFirstWord(args).options,
  run: async (args, context) => {
    const { options, rest } = untilFirstWord(args);
    const { values } = parseArgs({ args: options, options: { stack: STACK } });
    const [name, ...given] = rest;
    if (name === undefined) throw missing("ssh", sshCommand);
    const { stack, guests } = await guestsOf(values.stack, context);
    const command = given[0] === "--" ? given.slice(1) : given;
    return sshIntoGuest(oneGuest(guests, name, stack), command, context);
  },
};

export const consoleCommand: CliCommand = {
  synopsis: "<guest> [--stack <stack>] [--log]",
  summary: "attaches to a guest's serial console, or prints its log",
  details: [
    STACK_DETAILS,
    "--log        prints what the console has shown since the guest's first boot; the guest may be off.",
    "Ctrl-] leaves the console.",
  ].join("\n"),
  run: async (args, context) => {
    const options = { stack: STACK, log: { type: "boolean" } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [name, ...more] = positionals;
    if (name === undefined || more.length > 0) throw missing("console", consoleCommand);
    const { stack, guests } = await guestsOf(values.stack, context);
    const guest = oneGuest(guests, name, stack);
    return values.log === true ? printConsoleLog(guest, context) : attachConsole(guest);
  },
};

export const cpCommand: CliCommand = {
  synopsis: "[--stack <stack>] <from> <to>",
  summary: "copies a file or folder into a guest that is on, or out of it",
  details: [
    STACK_DETAILS,
    "One of <from> and <to> is <guest>:<path>, the other a path of this machine.",
  ].join("\n"),
  run: async (args, context) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { stack: STACK },
      allowPositionals: true,
    });
    const [from, to, ...more] = positionals.map(parsePlace);
    if (from === undefined || to === undefined || more.length > 0) throw missing("cp", cpCommand);
    const name = checkPlaces(from, to);
    const { stack, guests } = await guestsOf(values.stack, context);
    await copy(oneGuest(guests, name, stack), from, to);
    return 0;
  },
};

export const sshAgentCommand: CliCommand = {
  synopsis: "[--stack <stack>]",
  summary: "holds the farm's key for plain `ssh -F .guest-farm/<stack>/ssh_config`, until it is interrupted",
  details: [STACK_DETAILS, "The key is in no file; it is gone when this ends."].join("\n"),
  run: async (args, context) => {
    const { values } = parseArgs({ args: [...args], options: { stack: STACK } });
    const { stack, guests } = await guestsOf(values.stack, context);
    return holdAgent(stack, guests, context);
  },
};

export const sshConfigCommand: CliCommand = {
  synopsis: "[--stack <stack>]",
  summary: "writes the OpenSSH configuration of a stack's guests and prints its path",
  details: [
    STACK_DETAILS,
    "`pulumi up` writes it too; in a fresh checkout this does it without an update.",
  ].join("\n"),
  run: async (args, context) => {
    const { values } = parseArgs({ args: [...args], options: { stack: STACK } });
    context.stdout(`${(await guestsOf(values.stack, context)).configFile}\n`);
    return 0;
  },
};

/** Options end where the first word stands: what follows belongs to somebody else. */
function untilFirstWord(args: readonly string[]): { options: string[]; rest: readonly string[] } {
  let index = 0;
  while (index < args.length && (args[index] ?? "").startsWith("-")) {
    index += ["--stack", "-s"].includes(args[index] ?? "") ? 2 : 1;
  }
  return { options: args.slice(0, index), rest: args.slice(index) };
}

function missing(name: string, { synopsis }: CliCommand): UsageError {
  return new UsageError({
    what: "this is not how the command is used",
    remedy: `guest-farm ${name} ${synopsis}`,
  });
}
