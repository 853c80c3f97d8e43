import { randomUUID } from "node:crypto";
import { isAbsolute, posix } from "node:path";
import { Farm, type ProjectArgs } from "../components";
import { checkKeyFiles } from "../components/guest/key-file";
import { stackSecret } from "../components/guest/secret-text";
import { ProgramError } from "../components/program-error";
import { resolveFarm, type ResolvedFarm, type ResolvedProject, UserError } from "../definitions";
import { readFarmFolder } from "../discovery/farm-folder";
import { requireFreshBuild } from "../discovery/fresh-build";
import { type FarmView, lookAtFarm } from "../discovery/look-at-farm";
import { rememberedFacts } from "../discovery/remembered-facts";
import type { HypervisorSpec } from "../hypervisor/spec";
import { announce } from "./announce";
import { checkPhases } from "./check-phases";
import { relativeToProgram } from "./file-paths";
import { isAsleep, strategyOf } from "./forecast";
import { planGuests } from "./plan";
import { farmOutputs } from "./outputs";
import { writeSshConfig } from "./ssh-config";
import { readStackConfig, type StackConfig } from "./stack-config";

export interface ProgramOptions {
  /** Absolute folder of the Pulumi program. */
  readonly programFolder: string;
  readonly stack: string;
}

/**
 * The program of a stack that has a farm file: reads it, asks the hypervisors, registers everything.
 *
 * @returns the outputs of the stack.
 * @throws ProgramError with all mistakes of the user, which Pulumi shows without a stack trace.
 */
export async function runFarm({ programFolder, stack }: ProgramOptions): Promise<Record<string, unknown>> {
  try {
    requireFreshBuild(programFolder);
    const config = readStackConfig(stack);
    const folder = readFarmFolder(programFolder, config.farm);
    const { farmFile, files } = folder;
    const view = await lookAtFarm(
      relativeToProgram(resolveFarm({ farmFile, files, stack, config }), folder.folder),
      rememberedFacts(programFolder, stack),
    );
    checkKeyFiles(view.guests);
    await checkPhaseFiles(view, folder.folder, config);
    const farm = register(stack, view, folder.folder, config);
    announce(planGuests(view, farm), farm);
    writeSshConfig(programFolder, stack, farm);
    return farmOutputs(view);
  } catch (error) {
    throw error instanceof UserError ? new ProgramError(error.message) : error;
  }
}

function register(stack: string, view: FarmView, folder: string, config: StackConfig): Farm {
  const { farm, guests, found } = view;
  const project = projectArgs(farm, folder, config);
  return new Farm(stack, {
    hypervisors: [...view.hypervisors].flatMap(([name, { spec, knowledge }]) =>
      spec === null ? unknownFolders(name, view, knowledge.unreachable) : [spec],
    ),
    guests,
    networks: farm.networks,
    wake: wakeCalls(guests, found),
    ...(project === undefined ? {} : { project }),
    ...(config.rerun === undefined ? {} : { rerun: config.rerun }),
    strategies: Object.fromEntries(
      guests.map((guest) => [guest.name, strategyOf(guest, found.get(guest.name))]),
    ),
  });
}

async function checkPhaseFiles(view: FarmView, folder: string, config: StackConfig): Promise<void> {
  const { project } = view.farm;
  if (project === null) return;
  await checkPhases(
    view.guests.filter(({ name }) => project.guests.includes(name)),
    {
      ...plainProject(project, folder, config),
      secrets: Object.fromEntries(Object.keys(project.secrets).map((name) => [name, "not known yet"])),
    },
  );
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

/** A guest that is off gets a call of its own; one that is on keeps the call that started it. */
function wakeCalls(guests: FarmView["guests"], found: FarmView["found"]): Readonly<Record<string, string>> {
  const calls = guests.flatMap((guest): (readonly [string, string])[] => {
    const view = found.get(guest.name);
    const call = isAsleep(guest, view) ? randomUUID() : view?.lastRun?.runNonce;
    return guest.keepRunning && call !== undefined ? [[guest.name, call]] : [];
  });
  return Object.fromEntries(calls);
}

function projectArgs(
  { project }: ResolvedFarm,
  folder: string,
  config: StackConfig,
): (ProjectArgs & { guests: readonly string[] }) | undefined {
  if (project === null) return undefined;
  return {
    ...plainProject(project, folder, config),
    secrets: Object.fromEntries(
      Object.entries(project.secrets).map(([name, key]) => [name, stackSecret(key)]),
    ),
    runMain: project.runMain,
    guests: project.guests,
  };
}

/** @throws UserError when a guest lives there; without guests the hypervisor is left out. */
function unknownFolders(name: string, { guests }: FarmView, why: string | undefined): HypervisorSpec[] {
  if (guests.every((guest) => guest.hypervisor !== name)) return [];
  throw new UserError({
    what: `hypervisor "${name}" cannot be reached, and the farm file does not say where its folders are`,
    found: why ?? "no answer",
    remedy: "make it reachable, or write its diskPoolPath and imageCachePath into the farm file",
  });
}
