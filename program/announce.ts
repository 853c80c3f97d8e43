import * as pulumi from "@pulumi/pulumi";
import { type Farm, ProvisionedGuest } from "../components";
import { knownValue } from "../components/readable-map";
import type { PlacedGuest } from "../definitions/placement/place-farm";
import type { ResolvedProject } from "../definitions/resolved";
import type { GuestView } from "../discovery/guest-views";
import type { FarmView } from "../discovery/look-at-farm";
import { forecast } from "./forecast";

/** Says of every guest, beside its row in Pulumi's display, what an update does with it and why. */
export function announce(view: FarmView, farm: Farm): void {
  for (const guest of view.guests) {
    const resource = farm.guests.get(guest.name);
    if (resource === undefined) continue;
    const say = (text: string) => void pulumi.log.info(`${guest.name}: ${text}`, resource);
    const found = view.found.get(guest.name);
    if (guest.problem !== null)
      say(`${guest.problem}; its guests stay where they are, and runs on it will fail`);
    if (found === undefined) {
      if (guest.problem === null) say("not known within the time limit what will run");
      continue;
    }
    if (found.inventory.definition === null) {
      say("not there yet: will be defined, and run from its first boot on");
      continue;
    }
    const { project } = view.farm;
    if (resource instanceof ProvisionedGuest && resource.idle) {
      say(`has no part in project "${project?.name ?? ""}": nothing runs`);
      continue;
    }
    if (resource instanceof ProvisionedGuest && project !== null) {
      // What keeps a value from being known is told by the resource that it comes from.
      void told(resource, guest, found, project).then(say, () => undefined);
    }
  }
}

async function told(
  { key, cleanKey, lifecycle, files }: ProvisionedGuest,
  guest: PlacedGuest,
  view: GuestView,
  { id, revision, runMain }: ResolvedProject,
): Promise<string> {
  const [initKey, clean, phaseFiles] = await Promise.all([
    knownValue(key),
    knownValue(cleanKey),
    knownValue(files),
  ]);
  if (initKey === undefined || clean === undefined || phaseFiles === undefined) {
    return "its base image is not known yet; if it is another one, the guest is made anew and all phases run";
  }
  const inputsDigest = (await knownValue(lifecycle.inputsDigest)) ?? null;
  const wanted = guest.settings.cache === "revision" ? null : initKey;
  const run = { id, revision, key: wanted, files: phaseFiles, always: runMain === "always" };
  return forecast({ guest, view, project: run, cleanKey: clean, inputsDigest }).text;
}
