import * as pulumi from "@pulumi/pulumi";
import { type Farm, ProvisionedGuest } from "../components";
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
    if (resource instanceof ProvisionedGuest && project !== null) {
      const { key, cleanKey, lifecycle, files } = resource;
      pulumi
        .all([key, cleanKey, lifecycle.inputsDigest, files])
        .apply(([initKey, clean, inputsDigest, phaseFiles]) => {
          const { id, revision, runMain } = project;
          const always = runMain === "always";
          const wanted = guest.settings.cache === "revision" ? null : initKey;
          const run = { id, revision, key: wanted, files: phaseFiles, always };
          say(forecast({ guest, view: found, project: run, cleanKey: clean, inputsDigest }).text);
        });
    }
  }
}
