import { randomUUID } from "node:crypto";
import { Farm, FarmProject, type GuestHandle } from "../components";
import { type ResolvedProject, UserError } from "../definitions";
import { waitsFor } from "../definitions/stages";
import { guestsWithoutDataDisks } from "../discovery/waiting-disks";
import type { FarmView } from "../discovery/look-at-farm";
import { isAsleep, strategyOf } from "./forecast";
import { projectArgs } from "./project";
import type { StackConfig } from "./stack-config";

/** What is registered, and how. */
export interface Registration {
  readonly stack: string;
  readonly view: FarmView;
  /** The farm file's folder, relative to the program's. */
  readonly folder: string;
  readonly config: StackConfig;
}

/** Registers a whole farm: its guests, and the project in them if there is one. */
export async function registerFarm({ stack, view, folder, config }: Registration): Promise<Farm> {
  const { farm, guests, found } = view;
  const dataDisksWait =
    waitsFor("guests", config.stage) === null ? [] : await guestsWithoutDataDisks(stack, view);
  return new Farm(stack, {
    hypervisors: [...view.hypervisors].flatMap(([name, { spec, knowledge }]) =>
      spec === null ? unknownFolders(name, view, knowledge.unreachable) : [spec],
    ),
    guests,
    networks: farm.networks,
    dataDisksWait,
    wake: wakeCalls(guests, found),
    ...imageSwitches(guests, config),
    ...(farm.project === null ? {} : { project: projectArgs(farm.project, folder, config) }),
    ...(config.rerun === undefined ? {} : { rerun: config.rerun }),
    strategies: strategies(view),
  });
}

/** Registers a project in the guests of another stack. */
export function registerProject(
  { stack, view, folder, config }: Registration,
  handles: Readonly<Record<string, GuestHandle>>,
  project: ResolvedProject,
): FarmProject {
  return new FarmProject(stack, {
    guests: view.guests,
    handles,
    project: projectArgs(project, folder, config),
    ...(config.rerun === undefined ? {} : { rerun: config.rerun }),
    strategies: strategies(view),
  });
}

/** The stage of images is there to have the newest ones in the cache. @throws UserError for an image that no guest has. */
function imageSwitches(guests: FarmView["guests"], { stage, updateImages, adoptImages }: StackConfig) {
  const known = [...new Set(guests.map(({ image }) => image.name))];
  const unknown =
    adoptImages instanceof Array ? adoptImages.find((name) => !known.includes(name)) : undefined;
  if (unknown !== undefined) {
    throw new UserError({
      what: "no guest of this farm has an image that is to be adopted",
      path: "guest-farm:adoptImages",
      found: unknown,
      allowed: `true, or some of: ${known.join(", ")}`,
    });
  }
  return { updateImages: updateImages || stage === "image-cache", adoptImages };
}

function strategies({ guests, found }: FarmView): Readonly<Record<string, string>> {
  return Object.fromEntries(guests.map((guest) => [guest.name, strategyOf(guest, found.get(guest.name))]));
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

/** @throws UserError when a guest lives there; without guests the hypervisor is left out. */
function unknownFolders(name: string, { guests }: FarmView, why: string | undefined): never[] {
  if (guests.every((guest) => guest.hypervisor !== name)) return [];
  throw new UserError({
    what: `hypervisor "${name}" cannot be reached, and the farm file does not say where its folders are`,
    found: why ?? "no answer",
    remedy: "make it reachable, or write its diskPoolPath and imageCachePath into the farm file",
  });
}
