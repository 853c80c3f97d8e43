import type { GuestPlan } from "../../definitions/guest-plan";
import { formatTable } from "../table";

const HEAD = ["guest", "hypervisor", "type", "strategy", "cache", "last run", "what and why"];

/** The plan of all guests, as a person reads it. */
export function planTable(plans: readonly GuestPlan[]): string {
  if (plans.length === 0) return "the farm has no guests";
  const rows = plans.map(({ guest, hypervisor, type, strategy, cache, lastRun, text }) => [
    guest,
    hypervisor,
    type,
    // The reason is the same for most guests, and in the preview.
    strategy.replace(/ \(.*/, ""),
    cache,
    lastRun === null ? "-" : `${lastRun.status}, ${(lastRun.durationMs / 1000).toFixed(1)} s`,
    text,
  ]);
  return formatTable(HEAD, rows);
}
