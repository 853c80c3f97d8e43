import { writeFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { type GuestPlan, PLAN_FILE_VARIABLE } from "../definitions/guest-plan";
import type { FarmView } from "../discovery/look-at-farm";
import { hasHostGuard } from "../hypervisor/firewall/host-guard";
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

/** Says which hypervisors have no packet filter between their own services and their guests. */
export function announceOpenHosts({ hypervisors, guests }: Pick<FarmView, "hypervisors" | "guests">): void {
  for (const [name, { spec }] of hypervisors) {
    const reach = guests.some(
      ({ hypervisor, nics }) => hypervisor === name && nics.some(({ kind }) => kind === "user"),
    );
    if (spec === null || hasHostGuard(spec) || !reach) continue;
    void pulumi.log.info(
      `hypervisor ${name}: its guests reach what listens on its own addresses: a session has no packet filter`,
    );
  }
}
