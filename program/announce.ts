import { writeFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { type GuestPlan, PLAN_FILE_VARIABLE } from "../definitions/guest-plan";
import type { RegisteredGuests } from "./registered";

/**
 * Says of every guest, beside its row in Pulumi's display, what an update does with it and why; and writes the same
 * into the file that `guest-farm plan` waits for.
 */
export function announce(
  plans: ReadonlyMap<string, Promise<GuestPlan | null>>,
  farm: RegisteredGuests,
): void {
  for (const [name, plan] of plans) {
    const resource = farm.guests.get(name);
    if (resource === undefined) continue;
    void plan.then((known) => {
      if (known !== null) void pulumi.log.info(`${name}: ${known.text}`, resource);
    });
  }
  const file = process.env[PLAN_FILE_VARIABLE];
  if (file === undefined) return;
  void Promise.all(plans.values()).then((known) => {
    writeFileSync(file, JSON.stringify(known.filter((plan) => plan !== null)));
  });
}
