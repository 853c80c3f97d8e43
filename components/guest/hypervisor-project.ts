import type { GuestSettings } from "../../definitions/resolved";
import { readyPhases } from "../../phases/ready";
import type { ProjectArgs } from "../project/project-args";

/** What is built in a guest that is a hypervisor: the hypervisor. */
export const HYPERVISOR_PROJECT = {
  id: "hypervisor",
  revision: "1",
  phases: readyPhases("hypervisor"),
} as const satisfies ProjectArgs;

/**
 * Settings of a guest that is a hypervisor. Its disk holds its guests: it goes down gracefully, and the snapshot of what
 * its init has made is one of disks, taken while it is off.
 */
export function hypervisorSettings(settings: GuestSettings): GuestSettings {
  return {
    ...settings,
    snapshots: "overlay",
    powerOff: "graceful",
    onSnapshotError: "fail",
    cache: "content",
  };
}
