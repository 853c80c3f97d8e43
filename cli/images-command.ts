import { parseArgs } from "node:util";
import { type CliCommand, UsageError } from "./command";
import { checkImages, listImages, prune } from "./images";

/** Hours that an image stays though nobody uses it: somebody may be about to. */
const PRUNE_AFTER_HOURS = 1;

export const imagesCommand: CliCommand = {
  synopsis: "[prune | check] [hypervisor] [--stack <stack>] [--json] [--all] [--older-than <hours>] [--yes]",
  summary: "lists base images with what uses them; prune removes what nothing uses, check reads all of them",
  details: [
    "Without a stack: the cache of this machine.",
    "--stack, -s   the hypervisors of that stack's farm file; with a name, only that one.",
    "--json        the list as JSON, for programs.",
    "prune         says which images would go: those that no overlay, snapshot, domain or running program refers to,",
    "              whoever it belongs to. What a definition gives now stays, and what its steps have left between them.",
    "  --yes       removes them.",
    "  --all       also what a definition gives now, with what its steps have left: it is fetched or built again when",
    "              a guest wants it.",
    `  --older-than  hours that an image has to be old for that. Default: ${PRUNE_AFTER_HOURS}.`,
    "check         compares every byte with the digest. Exit code 1: an image is damaged.",
  ].join("\n"),
  run: (args, { folder, stdout }) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        stack: { type: "string", short: "s" },
        json: { type: "boolean" },
        all: { type: "boolean" },
        yes: { type: "boolean" },
        "older-than": { type: "string" },
      },
      allowPositionals: true,
    });
    const [first, ...rest] = positionals;
    const action = first === "prune" || first === "check" ? first : "list";
    const [hypervisor, tooMuch] = action === "list" ? positionals : rest;
    if (tooMuch !== undefined) {
      throw new UsageError({ what: "only one hypervisor can be given", found: positionals.join(" ") });
    }
    const choice = {
      folder,
      ...(hypervisor === undefined ? {} : { hypervisor }),
      ...(values.stack === undefined ? {} : { stack: values.stack }),
    };
    if (action === "check") return checkImages(choice, stdout);
    if (action === "list") return listImages({ ...choice, json: values.json ?? false }, stdout);
    const olderThanHours = hoursOf(values["older-than"]);
    return prune({ ...choice, act: values.yes ?? false, all: values.all ?? false, olderThanHours }, stdout);
  },
};

function hoursOf(text: string | undefined): number {
  const hours = text === undefined ? PRUNE_AFTER_HOURS : Number(text);
  if (text?.trim() !== "" && Number.isFinite(hours) && hours >= 0) return hours;
  throw new UsageError({
    what: "--older-than takes hours",
    found: text ?? "",
    allowed: "a number, 0 at least",
  });
}
