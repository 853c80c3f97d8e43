import * as pulumi from "@pulumi/pulumi";
import { checkKeyFiles } from "../components/guest/key-file";
import { checkUserData } from "../components/guest/user-data-file";
import { checkImageFiles } from "../components/image/own-files";
import { ProgramError } from "../components/program-error";
import { resolveFarm, UserError } from "../definitions";
import { NO_PROJECT } from "../definitions/resolve/choose-project";
import { readFarmFolder } from "../discovery/farm-folder";
import { requireFreshBuild } from "../discovery/fresh-build";
import { requireWorkFolders } from "../discovery/work-folders";
import { lookAtFarm } from "../discovery/look-at-farm";
import { rememberedFacts } from "../discovery/remembered-facts";
import { announce, announceOpenHosts } from "./announce";
import { checkFolders } from "./check-folders";
import { checkSecrets } from "./check-secrets";
import { farmStackOf, HANDLES_OUTPUT, handlesOf, projectPart, readHandles } from "./farm-stack";
import { relativeToProgram } from "./file-paths";
import { farmOutputs } from "./outputs";
import { planGuests } from "./plan";
import { openImages } from "./open-images";
import { preflight } from "./preflight";
import { filesFolder } from "./program-files";
import { checkPhaseFiles } from "./project";
import { registerFarm, registerProject } from "./register";
import { actOnlyIn } from "./stages";
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
    requireWorkFolders(programFolder);
    const config = readStackConfig(stack);
    return config.farmStack === undefined
      ? await runOwnFarm({ programFolder, stack }, config)
      : await runOnFarmOf(config.farmStack, { programFolder, stack }, config);
  } catch (error) {
    throw error instanceof UserError ? new ProgramError(error.message) : error;
  }
}

async function runOwnFarm({ programFolder, stack }: ProgramOptions, config: StackConfig) {
  const { folder: own, ...files } = readFarmFolder(programFolder, config.farm);
  const folder = filesFolder(programFolder, own);
  const farm = relativeToProgram(resolveFarm({ ...files, stack, config }), folder);
  const view = await lookAtFarm(farm, rememberedFacts(programFolder, stack));
  checkFolders(stack, view);
  checkKeyFiles(view.guests);
  checkUserData(view.guests);
  checkSecrets(stack, view.guests, view.farm.project, Object.keys(pulumi.runtime.allConfig()));
  checkImageFiles(view.guests);
  await checkPhaseFiles(view, folder, config);
  if (config.stage === "preflight") await preflight(view);
  actOnlyIn(config.stage);
  const registered = await registerFarm({ stack, view, folder, config });
  announce(planGuests(view, registered, config.stage), registered);
  announceOpenHosts(view);
  for (const warning of openImages(view.guests.map(({ image }) => image))) void pulumi.log.warn(warning);
  writeSshConfig(programFolder, stack, registered);
  const forOthers = config.project === NO_PROJECT ? { [HANDLES_OUTPUT]: handlesOf(registered) } : {};
  return { ...farmOutputs(view), ...forOthers };
}

/** The guests are another stack's, and are looked at as it has made them; this stack only runs its project in them. */
async function runOnFarmOf(farm: string, { programFolder, stack }: ProgramOptions, config: StackConfig) {
  const farmStack = farmStackOf(farm);
  const { folder: own, ...files } = readFarmFolder(programFolder, config.farm);
  const folder = filesFolder(programFolder, own);
  const resolved = resolveFarm({ ...files, stack: farmStack.name, config });
  const handles = await readHandles(farmStack);
  const part = projectPart(resolved, handles, farmStack);
  const view = await lookAtFarm(
    relativeToProgram(part, folder),
    rememberedFacts(programFolder, stack),
    stack,
  );
  checkSecrets(stack, [], part.project, Object.keys(pulumi.runtime.allConfig()));
  await checkPhaseFiles(view, folder, config);
  if (config.stage === "preflight") await preflight(view);
  actOnlyIn(config.stage);
  const registered = registerProject({ stack, view, folder, config }, handles, part.project);
  announce(planGuests(view, registered, config.stage), registered);
  announceOpenHosts(view);
  writeSshConfig(programFolder, stack, registered);
  return farmOutputs(view);
}
