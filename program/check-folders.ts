import { posix } from "node:path";
import type { PlacedGuest } from "../definitions/placement/place-farm";
import { type Mistake, UserError } from "../definitions/user-error";
import type { GuestView } from "../discovery/guest-views";
import type { FarmView, HypervisorView } from "../discovery/look-at-farm";
import { readDefinition } from "../hypervisor/domain/xml/read-definition";

const FOLDERS = ["diskPoolPath", "imageCachePath"] as const;
type Folder = (typeof FOLDERS)[number];

/** What of a view counts here. */
export interface KnownFolders extends Pick<FarmView, "guests" | "found"> {
  readonly hypervisors: ReadonlyMap<string, Pick<HypervisorView, "spec">>;
}

/**
 * Refuses another folder for a hypervisor's guests or images while guests of the stack are in the one that they were made
 * in: they would be made anew there, and lose what is on their disks. Pure.
 *
 * @throws UserError naming hypervisor, folder and guests.
 */
export function checkFolders(stack: string, { guests, found, hypervisors }: KnownFolders): void {
  const mistakes = [...hypervisors].flatMap(([name, { spec }]) => {
    if (spec === null) return [];
    const local = guests.filter(({ hypervisor }) => hypervisor === name);
    return FOLDERS.flatMap((folder) => {
      const staying = local.flatMap((guest) => {
        const used = foldersOf(guest, stack, found.get(guest.name))[folder];
        return used === undefined || used === posix.resolve(spec[folder])
          ? []
          : [{ guest: guest.name, used }];
      });
      return refusals(name, folder, spec[folder], staying);
    });
  });
  if (mistakes.length > 0) throw new UserError(mistakes);
}

/** One for each folder that is in use. */
function refusals(
  hypervisor: string,
  folder: Folder,
  wanted: string,
  staying: readonly { readonly guest: string; readonly used: string }[],
): Mistake[] {
  return [...new Set(staying.map(({ used }) => used))].map((used) => ({
    what: `${folder} of hypervisor "${hypervisor}" cannot change while it is in use`,
    path: `hypervisors.${hypervisor}.${folder}`,
    found: `${wanted}, but ${used} is in use by ${staying
      .flatMap((each) => (each.used === used ? [each.guest] : []))
      .join(", ")}`,
    allowed: used,
    remedy: `write ${folder}: ${used}, or remove these guests first (pulumi destroy, with this path in the farm file)`,
  }));
}

/** Where the files of a guest of this stack are; folders of which nothing is known are left out. */
function foldersOf(
  { domainName }: PlacedGuest,
  stack: string,
  view: GuestView | undefined,
): Partial<Record<Folder, string>> {
  const inventory = view?.inventory;
  if (inventory === undefined || inventory.definition === null) return {};
  const { name, owner, disks } = readDefinition(inventory.definition);
  // Somebody else's domain of that name is refused when the guest is made.
  if (name !== domainName || owner?.stack !== stack) return {};
  const pool = disks.flatMap(({ source }) => poolOf(source))[0];
  const cache = [...inventory.layers.values()]
    .flatMap(({ base }) => base)
    .flatMap(({ path }) => cacheOf(path))[0];
  return {
    ...(pool === undefined ? {} : { diskPoolPath: pool }),
    ...(cache === undefined ? {} : { imageCachePath: cache }),
  };
}

/** From `<diskPoolPath>/<guest>/layers/<id>/<device>.qcow2`; disks elsewhere are in no layer. */
function poolOf(source: string | null): string[] {
  const pool = /^(.+)\/[^/]+\/layers\/[^/]+\/[^/]+$/.exec(source ?? "")?.[1];
  return pool === undefined ? [] : [pool];
}

/** From `<imageCachePath>/<digest>.<format>`; the bases of data disks are called otherwise. */
function cacheOf(base: string): string[] {
  const cache = /^(.+)\/[0-9a-f]{64}\.[^/]+$/.exec(base)?.[1];
  return cache === undefined ? [] : [cache];
}
