import { statSync } from "node:fs";
import { isAbsolute, posix } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { ProjectArgs } from "../components";
import { stackSecret } from "../components/guest/secret-text";
import type { ResolvedProject } from "../definitions";
import type { FarmView } from "../discovery/look-at-farm";
import { noPhaseFolder, phasesPath } from "../phases";
import { checkPhases } from "./check-phases";
import { misspeltPhases } from "./misspelt-phases";
import type { StackConfig } from "./stack-config";

/** A project as the components take it, with the guests that build it. */
export type FarmProjectChoice = ProjectArgs & { readonly guests: readonly string[] };

/** @param folder the farm file's folder, relative to the program's */
export function projectArgs(
  project: ResolvedProject,
  folder: string,
  config: StackConfig,
): FarmProjectChoice {
  return {
    ...plainProject(project, folder, config),
    secrets: Object.fromEntries(
      Object.entries(project.secrets).map(([name, key]) => [name, stackSecret(key)]),
    ),
    runMain: project.runMain,
    guests: project.guests,
  };
}

/** Reads the phase files of the chosen project. @throws UserError without its folder; else as `checkPhases`. */
export async function checkPhaseFiles(view: FarmView, folder: string, config: StackConfig): Promise<void> {
  const { project } = view.farm;
  if (project === null) return;
  const guests = view.guests.filter(({ name }) => project.guests.includes(name));
  const plain = plainProject(project, folder, config);
  if (guests.length > 0 && !isFolder(plain.phases)) {
    throw noPhaseFolder(plain.phases, project.declaredAt.phases);
  }
  for (const warning of misspeltPhases(plain.phases, guests)) void pulumi.log.warn(warning);
  await checkPhases(guests, {
    ...plain,
    secrets: Object.fromEntries(Object.keys(project.secrets).map((name) => [name, "not known yet"])),
  });
}

function isFolder(path: string): boolean {
  return statSync(phasesPath(path), { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function plainProject(project: ResolvedProject, folder: string, config: StackConfig) {
  const { id, revision, phasesFolder } = project;
  return {
    id,
    revision,
    phases: isAbsolute(phasesFolder) ? phasesFolder : posix.join(folder, phasesFolder),
    vars: { ...project.vars, ...config.vars },
  };
}
