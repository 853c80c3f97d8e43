import { parseArgs } from "node:util";
import { UserError } from "../../definitions/user-error";
import { openHypervisor } from "../../hypervisor/host";
import type { SweepOptions } from "../../hypervisor/sweep/decide";
import { removeAbandonedFolders } from "../../connections/ssh/abandoned-folders";
import { performSweep, planSweep, type SweepOutcome } from "../../hypervisor/sweep/sweep";
import { type CliCommand, UsageError } from "../command";
import { type HypervisorChoice, hypervisorsOf } from "../hypervisors";
import { selectedStack } from "../results/selected-stack";
import { formatTable } from "../table";
import { parseAge } from "./age";
import { liveFarms, pulumiIn } from "./live-farms";

/** An update may be under way that has not told its state yet. */
const DEFAULT_AGE = "1h";

export const sweepCommand: CliCommand = {
  synopsis: "[hypervisor] [--stack <stack>] [--farm <id>] [--older-than <age>] [--all] [--yes]",
  summary: "finds what crashed and lost stacks left on the hypervisors; --yes removes it",
  details: [
    "Looks for domains, folders of guests, networks and work folders of images with guest-farm's mark that no state of",
    "this backend holds. Never touched: what has no mark, is marked as kept, is in a state, is held by a lease, or is",
    "referred to by a file or domain that stays.",
    "--stack, -s   looks at the hypervisors of that stack's farm file. Default: the stack that is selected in Pulumi.",
    "              Without a farm file: this machine.",
    "--farm        takes the farm of that id for lost: what carries the id goes too. A plan names the ids of farms of",
    "              which no state is here; a stack's name is not enough, because another backend may have it as well.",
    `--older-than  how old something has to be: 30m, 2h, 7d. Default: ${DEFAULT_AGE}.`,
    "--all         also lists what stays.",
    "--yes         removes; else nothing is changed. The disks of long-lived guests are kept.",
    "Exit code 1: something could not be looked at or removed.",
  ].join("\n"),
  run: async (args, { folder, environment, stdout }) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        stack: { type: "string", short: "s" },
        farm: { type: "string" },
        "older-than": { type: "string" },
        all: { type: "boolean" },
        yes: { type: "boolean" },
      },
      allowPositionals: true,
    });
    const [hypervisor, tooMuch] = positionals;
    if (tooMuch !== undefined) {
      throw new UsageError({ what: "only one hypervisor can be given", found: positionals.join(" ") });
    }
    const olderThanMs = parseAge(values["older-than"] ?? DEFAULT_AGE);
    const stack = values.stack ?? selectedStack(folder, environment);
    const choice = { folder, ...(hypervisor === undefined ? {} : { hypervisor }) };
    const options = { lostFarm: values.farm ?? null, olderThanMs, now: Date.now() };
    const request = { choice, stack, options, act: values.yes ?? false, all: values.all ?? false };
    return sweepAll(request, stdout);
  },
};

interface SweepRequest {
  readonly choice: HypervisorChoice;
  readonly stack: string | undefined;
  readonly options: Omit<SweepOptions, "diskPoolPath">;
  readonly act: boolean;
  readonly all: boolean;
}

async function sweepAll(
  { choice, stack, options, act, all }: SweepRequest,
  print: (text: string) => void,
): Promise<number> {
  const live = await liveFarms(pulumiIn(choice.folder ?? process.cwd()));
  let failed = false;
  if (act) removeAbandonedFolders();
  for (const spec of hypervisorsToSweep(choice, stack)) {
    const host = openHypervisor(spec);
    try {
      const items = await planSweep(host, live, options);
      const outcomes = act ? await performSweep(host, items) : items;
      failed ||= outcomes.some((outcome) => (outcome as SweepOutcome).failure !== undefined);
      print(`${sweepText(spec.name, outcomes, { act, all })}\n`);
    } catch (error) {
      failed = true;
      print(
        `hypervisor ${spec.name}: nothing was swept: ${error instanceof Error ? error.message : String(error)}\n`,
      );
    } finally {
      await host.close();
    }
  }
  return failed ? 1 : 0;
}

/** A lost stack may have lost its farm file too. */
function hypervisorsToSweep(choice: HypervisorChoice, stack: string | undefined) {
  if (stack === undefined) return hypervisorsOf("sweep", choice);
  try {
    return hypervisorsOf("sweep", { ...choice, stack });
  } catch (error) {
    if (choice.hypervisor !== undefined || !(error instanceof UserError)) throw error;
    return hypervisorsOf("sweep", choice);
  }
}

/** What was or would be removed, for people. */
export function sweepText(
  hypervisor: string,
  outcomes: readonly SweepOutcome[],
  { act, all }: { readonly act: boolean; readonly all: boolean },
): string {
  const going = outcomes.filter(({ remove }) => remove);
  const staying = outcomes.length - going.length;
  const rows = (all ? outcomes : going).map(({ kind, name, owner, remove, reason, failure }) => [
    remove ? (failure === undefined ? (act ? "removed" : "would go") : "FAILED") : "stays",
    kind,
    name,
    owner?.stack ?? "-",
    failure ?? reason,
  ]);
  const done = act ? going.filter(({ failure }) => failure === undefined).length : going.length;
  return [
    `hypervisor ${hypervisor}: ${act ? "removed" : "would remove"} ${done}; ${staying} with a mark ${staying === 1 ? "stays" : "stay"}`,
    ...(rows.length === 0 ? [] : [formatTable(["", "what", "name", "stack", "why"], rows)]),
    ...unknownFarms(outcomes),
    ...(act || going.length === 0 ? [] : ["nothing has been changed: --yes removes them"]),
  ].join("\n");
}

/** Farms of which nobody here knows whether they are lost: the id is what takes them as such. */
function unknownFarms(outcomes: readonly SweepOutcome[]): string[] {
  const stays = outcomes.filter(({ remove, ofUnknownFarm }) => !remove && ofUnknownFarm === true);
  const farms = new Map(stays.flatMap(({ owner }) => (owner === null ? [] : [[owner.farm, owner.stack]])));
  return [...farms].map(([farm, stack]) => {
    const count = stays.filter(({ owner }) => owner?.farm === farm).length;
    return `${count} of stack ${stack} ${count === 1 ? "is" : "are"} of a farm whose state is not here; if it is yours and lost: --farm ${farm}`;
  });
}
