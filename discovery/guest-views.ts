import { z } from "zod";
import type { PlacedGuest } from "../definitions/placement/place-farm";
import { guestFiles, lastRunFile } from "../hypervisor/guest-files";
import type { HypervisorHost } from "../hypervisor/host";
import { type Inventory, type InventoryQuery, readInventories } from "../hypervisor/snapshots/inventory";
import type { HostVersions } from "../hypervisor/snapshots/resume-facts";

/** Summary of the last run of a guest, as its lifecycle leaves it on the hypervisor. */
export const LastRun = z.object({
  runId: z.string(),
  /** Digest of all that made the run necessary. */
  inputsDigest: z.string(),
  status: z.enum(["passed", "failed", "cancelled"]),
  /** ISO 8601. */
  finishedAt: z.string(),
  durationMs: z.number(),
  /** What told this run from others with the same inputs. */
  runNonce: z.string().optional(),
});
export type LastRun = z.infer<typeof LastRun>;

/** What was found of one guest on its hypervisor. */
export interface GuestView {
  readonly inventory: Inventory;
  readonly versions: HostVersions | null;
  readonly lastRun: LastRun | null;
}

/** Whose runs a program wants to know of. */
export interface RunsOf {
  readonly stack: string;
  /** The stack that made the guests. */
  readonly owner: string;
}

/** Looks at all guests of one hypervisor in two commands. Changes nothing. */
export async function guestViews(
  host: HypervisorHost,
  guests: readonly PlacedGuest[],
  runs: RunsOf,
): Promise<ReadonlyMap<string, GuestView>> {
  const [inventories, lastRuns] = await Promise.all([
    readInventories(
      host,
      guests.map((guest) => inventoryQuery(host, guest)),
    ),
    readLastRuns(host, guests, runs),
  ]);
  const views = guests.flatMap((guest) => {
    const inventory = inventories.guests.get(guest.domainName);
    if (inventory === undefined) return [];
    const lastRun = lastRuns.get(guest.name) ?? null;
    return [[guest.name, { inventory, versions: inventories.versions, lastRun }] as const];
  });
  return new Map(views);
}

/** The base image only matters for whether its file is there, which the lifecycle itself looks after. */
function inventoryQuery(host: HypervisorHost, guest: PlacedGuest): InventoryQuery {
  const { firmware } = guest;
  const { kernel, initrd } = firmware.kind === "kernel" ? firmware : {};
  return {
    name: guest.domainName,
    hypervisor: host.spec,
    baseImage: { path: host.spec.imageCachePath, digest: "", format: guest.image.format },
    rootDisk: guest.rootDisk,
    extraDisks: [],
    seedBus: guest.seedBus,
    firmware:
      firmware.kind !== "kernel"
        ? firmware
        : // Without a kernel of its own it has the image's, which never changes.
          kernel === undefined
          ? { kind: "bios" }
          : { kind: "kernel", kernel, ...(initrd === undefined ? {} : { initrd }), cmdline: "" },
  };
}

/** Prints each file that is there on one line, after its number. */
const PRINT_FILES = `n=0; for file do [ -r "$file" ] && { printf '%s ' "$n"; tr -d '\\n' < "$file"; echo; }; n=$((n + 1)); done; true`;

async function readLastRuns(
  host: HypervisorHost,
  guests: readonly PlacedGuest[],
  { stack, owner }: RunsOf,
): Promise<ReadonlyMap<string, LastRun>> {
  const files = guests.map((guest) =>
    lastRunFile(guestFiles(host.spec.diskPoolPath, guest.domainName), stack, owner),
  );
  const text = await host.shell.output({ argv: ["sh", "-c", PRINT_FILES, "sh", ...files] });
  const runs = text.split("\n").flatMap((line) => {
    const space = line.indexOf(" ");
    const guest = guests[Number(line.slice(0, space))];
    const run = LastRun.safeParse(parseJson(line.slice(space + 1)));
    return space > 0 && guest !== undefined && run.success ? [[guest.name, run.data] as const] : [];
  });
  return new Map(runs);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
