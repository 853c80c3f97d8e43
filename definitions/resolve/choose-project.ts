import { nearestName, oneOf } from "../nearest";
import { PHASES, PhaseName } from "../phase-names";
import type { PartialSettings, ResolvedProject } from "../resolved";
import { revision as revisionSchema } from "../schemas/project";
import { shown, type Mistakes } from "../source/mistakes";
import type { MapNode } from "../source/node";

/** What the stack's configuration says; it is stronger than every file. */
export interface StackChoices {
  /** Name of the project to run; `none`: no project, whatever the files say. */
  readonly project?: string | undefined;
  readonly revision?: string | number | undefined;
  readonly runMain?: string | undefined;
  readonly allowedPhases?: readonly string[] | undefined;
  /** `vendor` or `packages`: overrides `imageSource` of every guest. */
  readonly imageSource?: string | undefined;
}

/** What the configuration says where no project is to run. */
export const NO_PROJECT = "none";

/** The project that runs, with what the configuration changes in it; null when there is none. */
export function chooseProject(
  farm: MapNode,
  projects: readonly ResolvedProject[],
  choices: StackChoices,
  mistakes: Mistakes,
): ResolvedProject | null {
  if (choices.project === NO_PROJECT) return null;
  const named = farm.entries.get("project");
  const fromFile = named?.kind === "scalar" && typeof named.value === "string" ? named.value : undefined;
  const wanted = choices.project ?? fromFile;
  const names = projects.map(({ name }) => name);
  if (wanted === undefined && named === undefined && projects.length > 1) {
    mistakes.at(farm.source, {
      what: "the farm has several projects and none is chosen",
      allowed: oneOf(names),
      remedy: `pulumi config set project ${names[0] ?? ""}, or write "project: ${names[0] ?? ""}" in the farm file`,
    });
  }
  const project = wanted === undefined ? projects[0] : projects.find(({ name }) => name === wanted);
  if (wanted !== undefined && project === undefined) {
    const nearest = nearestName(wanted, names);
    const mistake = {
      what: `there is no project "${wanted}"`,
      allowed: oneOf(names),
      remedy: nearest === undefined ? `write projects/${wanted}.yaml` : `did you mean "${nearest}"?`,
    };
    if (choices.project === undefined && named !== undefined) mistakes.at(named.source, mistake);
    else mistakes.add({ path: CONFIG.project, ...mistake });
  }
  return project === undefined ? null : withChoices(project, choices, mistakes);
}

const CONFIG = {
  project: "stack configuration guest-farm:project",
  revision: "stack configuration guest-farm:revision",
  runMain: "stack configuration guest-farm:runMain",
  allowedPhases: "stack configuration guest-farm:allowedPhases",
  imageSource: "stack configuration guest-farm:imageSource",
} as const;

function withChoices(project: ResolvedProject, choices: StackChoices, mistakes: Mistakes): ResolvedProject {
  const revision = revisionOf(choices.revision, mistakes) ?? project.revision;
  const runMain =
    wordOf("runMain", choices.runMain, ["onChange", "always"] as const, mistakes) ?? project.runMain;
  return { ...project, revision, runMain };
}

function revisionOf(revision: string | number | undefined, mistakes: Mistakes): string | undefined {
  if (revision === undefined) return undefined;
  const parsed = revisionSchema().safeParse(revision);
  if (parsed.success) return parsed.data;
  mistakes.add({
    path: CONFIG.revision,
    what: "is not right",
    found: shown(revision),
    allowed: "text or a whole number",
  });
  return undefined;
}

/** Settings that the configuration gives: the strongest level. */
export function chosenSettings(choices: StackChoices, mistakes: Mistakes): PartialSettings {
  if (choices.allowedPhases === undefined) return {};
  const allowedPhases = choices.allowedPhases.flatMap((phase) => {
    const parsed = PhaseName.safeParse(phase);
    if (parsed.success) return [parsed.data];
    wordOf("allowedPhases", phase, PHASES, mistakes);
    return [];
  });
  return { allowedPhases };
}

/** The configuration's choice of images. */
export function chosenImageSource(
  choices: StackChoices,
  mistakes: Mistakes,
): "auto" | "vendor" | "packages" | undefined {
  return wordOf("imageSource", choices.imageSource, ["auto", "vendor", "packages"] as const, mistakes);
}

function wordOf<T extends string>(
  key: keyof typeof CONFIG,
  found: string | undefined,
  words: readonly T[],
  mistakes: Mistakes,
): T | undefined {
  if (found === undefined) return undefined;
  const word = words.find((each) => each === found);
  if (word !== undefined) return word;
  const nearest = nearestName(found, words);
  mistakes.add({
    path: CONFIG[key],
    what: "is not right",
    found: shown(found),
    allowed: oneOf(words),
    remedy: nearest === undefined ? undefined : `did you mean "${nearest}"?`,
  });
  return undefined;
}
