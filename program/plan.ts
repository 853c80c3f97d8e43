import * as pulumi from "@pulumi/pulumi";
import { ProvisionedGuest } from "../components";
import { HYPERVISOR_PROJECT } from "../components/guest/hypervisor-project";
import { knownValue } from "../components/readable-map";
import type { GuestPlan } from "../definitions/guest-plan";
import type { PlacedGuest } from "../definitions/placement/place-farm";
import type { ResolvedProject } from "../definitions/resolved";
import { type Stage, waitsFor } from "../definitions/stages";
import type { GuestView } from "../discovery/guest-views";
import type { FarmView } from "../discovery/look-at-farm";
import type { RegisteredGuests } from "./registered";
import { forecast, isAsleep, strategyOf } from "./forecast";

/** What is foreseen, beside what is known anyway. */
type Outlook = Pick<GuestPlan, "cache" | "phases" | "text">;

/**
 * What an update would do with every guest, and why, each as soon as it is known. A guest whose inputs fail has none:
 * the resource that they come from says why.
 */
export function planGuests(
  view: FarmView,
  farm: RegisteredGuests,
  stage: Stage,
): ReadonlyMap<string, Promise<GuestPlan | null>> {
  return new Map(
    view.guests.map((guest) => {
      const found = view.found.get(guest.name);
      const waits = waitsFor("runs", stage);
      const looked =
        waits === null
          ? outlookOf(guest, found, view, farm)
          : Promise.resolve(nothing(`waits for stage ${waits}: nothing runs now`));
      const plan = looked.then(
        (outlook): GuestPlan => ({
          guest: guest.name,
          hypervisor: guest.hypervisor,
          type: guest.type,
          strategy: strategyOf(guest, found),
          ...outlook,
          lastRun: lastRunOf(found),
        }),
        () => null,
      );
      return [guest.name, plan];
    }),
  );
}

function lastRunOf(found: GuestView | undefined): GuestPlan["lastRun"] {
  if (found?.lastRun == null) return null;
  const { status, finishedAt, durationMs } = found.lastRun;
  return { status, finishedAt, durationMs };
}

async function outlookOf(
  guest: PlacedGuest,
  found: GuestView | undefined,
  view: FarmView,
  farm: RegisteredGuests,
): Promise<Outlook> {
  const { project } = view.farm;
  const resource = farm.guests.get(guest.name);
  if (guest.problem !== null) {
    return unknown(`${guest.problem}; its guests stay where they are, and runs on it will fail`);
  }
  if (found === undefined && livesInGuest(guest, view)) {
    return unknown(`hypervisor "${guest.hypervisor}" is a guest, and is only asked when it is needed`);
  }
  if (found === undefined) return unknown("not known within the time limit what will run");
  if (resource instanceof ProvisionedGuest && resource.idle) {
    return nothing(`has no part in project "${project?.name ?? ""}": nothing runs`);
  }
  if (found.inventory.definition === null) {
    return { ...unknown("not there yet: will be defined, and run from its first boot on"), cache: "miss" };
  }
  if (guest.keepRunning) {
    return isAsleep(guest, found)
      ? { cache: "off", phases: ["startup"], text: "is off: will be started" }
      : nothing("is on and stays on");
  }
  if (resource instanceof ProvisionedGuest && guest.isHypervisor === true) {
    const outlook = await foreseen(resource, guest, found, { ...HYPERVISOR_PROJECT, runMain: "onChange" });
    return outlook.phases?.length === 0 ? outlook : { ...outlook, text: outlook.text + WITH_ITS_GUESTS };
  }
  if (resource instanceof ProvisionedGuest && project !== null) {
    return foreseen(resource, guest, found, project);
  }
  return nothing("no project runs here");
}

function livesInGuest({ hypervisor }: PlacedGuest, { farm }: FarmView): boolean {
  return farm.hypervisors.some(({ name, connection }) => name === hypervisor && connection.type === "guest");
}

/** It is only run when it is to be set up anew. */
const WITH_ITS_GUESTS = "; its guests are made anew with it";

const unknown = (text: string): Outlook => ({ cache: "unknown", phases: null, text });
const nothing = (text: string): Outlook => ({ cache: "off", phases: [], text });

async function foreseen(
  { key, cleanKey, lifecycle, files }: ProvisionedGuest,
  guest: PlacedGuest,
  view: GuestView,
  { id, revision, runMain }: Pick<ResolvedProject, "id" | "revision" | "runMain">,
): Promise<Outlook> {
  const [initKey, clean, phaseFiles] = await Promise.all([
    knownValue(key),
    knownValue(cleanKey),
    knownValue(files),
  ]);
  if (initKey === undefined || clean === undefined || phaseFiles === undefined) {
    return unknown(
      "its base image is not known yet; if it is another one, the guest is made anew and all phases run",
    );
  }
  const inputsDigest = (await knownValue(lifecycle.inputsDigest)) ?? null;
  const wanted = guest.settings.cache === "revision" ? null : initKey;
  // Of a resource that a preview would make, the id is not known.
  const isNew = pulumi.runtime.isDryRun() && (await knownValue(lifecycle.command.id)) === undefined;
  const run = { id, revision, key: wanted, files: phaseFiles, always: runMain === "always" };
  const { cache, phases, text } = forecast({
    guest,
    view,
    project: run,
    cleanKey: clean,
    inputsDigest,
    isNew,
  });
  return { cache, phases: [...phases], text };
}
