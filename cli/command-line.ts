import { nearestName, oneOf } from "../definitions/nearest";
import { UserError } from "../definitions/user-error";
import { type CliCommand, type CliContext, UsageError } from "./command";
import { COMMANDS } from "./commands";
import { formatTable } from "./table";

/** Exit code of a command line that cannot be understood. */
export const USAGE_ERROR = 2;

/**
 * Runs `guest-farm` with its arguments. Mistakes of the user are printed without a stack trace.
 *
 * @returns the exit code: that of the command; 1 when it failed; 2 for a command line that cannot be understood.
 */
export async function runCli(argv: readonly string[], context: CliContext): Promise<number> {
  const [name, ...args] = argv;
  if (name === undefined || ["help", "--help", "-h"].includes(name)) return help(args[0], context);
  const command = COMMANDS.get(name);
  if (command === undefined) return unknownCommand(name, context);
  const own = command.ownArguments?.(args) ?? args;
  if (own.includes("--help") || own.includes("-h")) return help(name, context);
  try {
    return await command.run(args, context);
  } catch (error) {
    if (error instanceof UserError) {
      context.stderr(`${error.message}\n`);
      return error instanceof UsageError ? USAGE_ERROR : 1;
    }
    if (isArgumentError(error)) {
      context.stderr(`guest-farm ${name}: ${error.message}\nusage: ${usageOf(name, command)}\n`);
      return USAGE_ERROR;
    }
    throw error;
  }
}

function help(name: string | undefined, context: CliContext): number {
  if (name === undefined) {
    context.stdout(overview());
    return 0;
  }
  const command = COMMANDS.get(name);
  if (command === undefined) return unknownCommand(name, context);
  context.stdout(`${usageOf(name, command)}\n\n${command.summary}.\n\n${command.details}\n`);
  return 0;
}

function overview(): string {
  const rows = [...COMMANDS].map(([name, { summary }]) => [`  ${name}`, summary]);
  const table = formatTable(["Commands:", ""], [...rows, ["  help <command>", "says how a command is used"]]);
  return `Farms of virtual machines that build and test software.\nUsage: guest-farm <command> [options]\n\n${table}\n`;
}

function unknownCommand(name: string, { stderr }: CliContext): number {
  const names = [...COMMANDS.keys(), "help"];
  const nearest = nearestName(name, names);
  const { message } = new UserError({
    what: "guest-farm has no such command",
    found: name,
    allowed: oneOf(names),
    remedy: nearest === undefined ? "guest-farm help" : `did you mean "${nearest}"?`,
  });
  stderr(`${message}\n`);
  return USAGE_ERROR;
}

function usageOf(name: string, { synopsis }: CliCommand): string {
  return `guest-farm ${name} ${synopsis}`.trimEnd();
}

/** What `parseArgs` throws for options that there are not. */
function isArgumentError(error: unknown): error is Error {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && code.startsWith("ERR_PARSE_ARGS_");
}
