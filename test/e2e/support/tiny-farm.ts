import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isRunId } from "../../../cli/lifecycle/run-folder";
import { guestFiles, type GuestFiles } from "../../../hypervisor/guest-files";
import { type FarmFile, FarmUnderTest } from "./farm-under-test";
import { eventually } from "./started-pulumi";

/** The one guest of most farms under test. */
export const TINY = "tiny-amd64";

/** Where guests are unless the farm file says otherwise. */
export const DISK_POOL = "/var/lib/libvirt/guest-farm/guests";

/** A farm file with one tiny guest and a project whose `main` runs at every update. */
export function tinyFarm(
  change: {
    readonly guest?: Record<string, unknown>;
    readonly project?: Record<string, unknown>;
    readonly hypervisor?: Record<string, unknown>;
  } = {},
): FarmFile {
  return {
    hypervisors: { local: { ...change.hypervisor } },
    guests: { list: [{ platform: "tiny", target: "amd64", ...change.guest }] },
    project: { id: "acme", revision: 1, phases: "phases", runMain: "always", ...change.project },
  };
}

/** Name of a guest's domain. */
export function domainOf(farm: FarmUnderTest, guest = TINY): string {
  return `${farm.stack}.${guest}`;
}

/** A guest's files on the hypervisor. */
export function filesOf(farm: FarmUnderTest, diskPool = DISK_POOL): GuestFiles {
  return guestFiles(diskPool, domainOf(farm));
}

/** State of a guest as libvirt tells it; `missing`: not defined. */
export function stateOf(farm: FarmUnderTest, guest = TINY): string {
  try {
    return virsh("domstate", domainOf(farm, guest)).trim();
  } catch {
    return "missing";
  }
}

export function virsh(...args: readonly string[]): string {
  return execFileSync("virsh", ["-c", "qemu:///system", ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Folder of a guest's newest run, whether it has ended or not; null: there was none. */
export function newestRun(farm: FarmUnderTest, guest = TINY): string | null {
  const folder = farm.results(guest);
  if (!existsSync(folder)) return null;
  const runs = readdirSync(folder).filter(isRunId).sort();
  return runs.length === 0 ? null : join(folder, runs[runs.length - 1] ?? "");
}

/** Log of a phase in the newest run; empty when there is none. */
export function logOf(farm: FarmUnderTest, phase: string): string {
  const run = newestRun(farm);
  const log = run === null ? "" : join(run, `${phase}.log`);
  return existsSync(log) ? readFileSync(log, "utf8") : "";
}

/** Waits until a run that began after another one has printed something in a phase. */
export async function printed(
  farm: FarmUnderTest,
  phase: string,
  text: string,
  after: string | null,
): Promise<void> {
  await eventually(`"${text}" in the log of ${phase}`, () => {
    return newestRun(farm) !== after && logOf(farm, phase).includes(text);
  });
}
