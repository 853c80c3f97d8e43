import { posix } from "node:path";
import { guestFiles } from "../guest-files";
import type { OwnerMark } from "../owner";
import type { Found, FoundDomain, FoundFolder, FoundNetwork, FoundWork, Reference } from "./found";

/** What the states of a backend say is in use. */
export interface LiveFarms {
  /** By farm id: the stack, and the domains and networks that its state holds. */
  readonly farms: ReadonlyMap<string, LiveFarm>;
}

export interface LiveFarm {
  readonly stack: string;
  readonly domains: ReadonlySet<string>;
  readonly networks: ReadonlySet<string>;
}

export interface SweepOptions {
  readonly diskPoolPath: string;
  /** Id of a farm whose state is lost: what carries it goes too. A stack's name says nothing: others may have it as well. */
  readonly lostFarm: string | null;
  /** Milliseconds that something has to be old for that. */
  readonly olderThanMs: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface SweepItem {
  readonly kind: "guest" | "network" | "work";
  /** Name of the domain or network, or path of a folder. */
  readonly name: string;
  readonly owner: OwnerMark | null;
  readonly remove: boolean;
  readonly reason: string;
  /** No state of this backend is of its farm: it is another backend's, or lost. */
  readonly ofUnknownFarm?: boolean;
  readonly domain?: FoundDomain;
  readonly folder?: FoundFolder;
  readonly work?: FoundWork;
  /** A file that a killed writer has left. */
  readonly isStray?: boolean;
}

/**
 * Says of everything with an owner mark whether a sweep removes it, and why. What carries no mark is no item: it is
 * never touched. Pure.
 */
export function decideSweep(found: Found, live: LiveFarms, options: SweepOptions): readonly SweepItem[] {
  const guests = guestsOf(found, options).map((item) => judgeGuest(item, live, options));
  const networks = found.networks.flatMap((network) => judgeNetwork(network, live, options));
  const work = found.work.map((folder) => judgeWork(folder, options));
  return keepUsedNetworks([...guests, ...networks, ...work], found).map((item) =>
    item.owner === null || live.farms.has(item.owner.farm) ? item : { ...item, ofUnknownFarm: true },
  );
}

/**
 * Takes back what a file that stays refers to, until nothing changes any more. Pure.
 * @param references from files to places; a folder with all its files is one side of them
 */
export function keepReferred(
  items: readonly SweepItem[],
  references: readonly Reference[],
): readonly SweepItem[] {
  const goes = (path: string, among: readonly SweepItem[]) =>
    among.some(({ remove, folder }) => remove && folder !== undefined && isWithin(path, folder.path));
  const next = items.map((item): SweepItem => {
    const { folder, remove } = item;
    if (!remove || folder === undefined) return item;
    const user = references.find(
      ({ from, to }) => isWithin(to, folder.path) && !isWithin(from, folder.path) && !goes(from, items),
    );
    return user === undefined ? item : { ...item, remove: false, reason: `${user.from} refers to it` };
  });
  return next.some(({ remove }, index) => remove !== items[index]?.remove)
    ? keepReferred(next, references)
    : next;
}

type GuestItem = Pick<SweepItem, "domain" | "folder"> & { readonly name: string; readonly owner: OwnerMark };

/** Domains and folders with a mark, those that belong together as one. */
function guestsOf({ domains, folders }: Found, { diskPoolPath }: SweepOptions): GuestItem[] {
  const folderOf = ({ name }: FoundDomain) => {
    const { folder: path } = guestFiles(diskPoolPath, name);
    return folders.find((folder) => folder.path === path);
  };
  const withDomain = domains.flatMap((domain): GuestItem[] => {
    const folder = folderOf(domain);
    if (domain.owner === null) return [];
    return [{ name: domain.name, owner: domain.owner, domain, ...(folder === undefined ? {} : { folder }) }];
  });
  const taken = new Set(domains.map((domain) => folderOf(domain)?.path));
  const alone = folders.flatMap((folder): GuestItem[] =>
    folder.owner === null || taken.has(folder.path)
      ? []
      : [{ name: folder.domain ?? folder.path, owner: folder.owner, folder }],
  );
  return [...withDomain, ...alone];
}

function judgeGuest(item: GuestItem, live: LiveFarms, options: SweepOptions): SweepItem {
  const { name, owner, folder } = item;
  const keep = (reason: string): SweepItem => ({ kind: "guest", ...item, remove: false, reason });
  if (folder?.kept === true) return keep("its disks are marked as kept");
  const inState = live.farms.get(owner.farm)?.domains.has(name) === true;
  const why = whyLive(owner, inState, live, options);
  if (why !== null) return keep(why);
  if (folder?.leaseHeld === true) return keep("somebody holds its lease");
  if (folder?.owner === null)
    return keep("the mark in its folder cannot be read: its disks may be long-lived");
  if (folder !== undefined && !sameFarm(folder.owner, owner)) return keep("its folder has another owner");
  if (folder !== undefined && folder.domain === null && item.domain === undefined) {
    return keep("its mark does not say which domain it was made for");
  }
  const young = whyYoung(folder?.changedAt, options);
  if (young !== null) return keep(young);
  const disks = folder?.keepRunning === true ? "; its disks are kept" : "";
  return { kind: "guest", ...item, remove: true, reason: `${whyLost(owner, live)}${disks}` };
}

function judgeNetwork({ name, owner }: FoundNetwork, live: LiveFarms, options: SweepOptions): SweepItem[] {
  if (owner === null) return [];
  const inState = live.farms.get(owner.farm)?.networks.has(name) === true;
  const why = whyLive(owner, inState, live, options);
  return [{ kind: "network", name, owner, remove: why === null, reason: why ?? whyLost(owner, live) }];
}

function judgeWork(work: FoundWork, options: SweepOptions): SweepItem {
  const why = work.lockHeld ? "somebody works in it" : whyYoung(work.changedAt, options);
  const reason = why ?? "left by a run that was broken off";
  return { kind: "work", name: work.path, owner: null, remove: why === null, reason, work };
}

/** A network goes after its guests: one that a guest which stays is on stays too. */
function keepUsedNetworks(items: readonly SweepItem[], { domains }: Found): readonly SweepItem[] {
  const going = new Set(
    items.filter(({ kind, remove }) => kind === "guest" && remove).map(({ name }) => name),
  );
  return items.map((item) => {
    if (item.kind !== "network" || !item.remove) return item;
    const user = domains.find(({ name, networks }) => networks.includes(item.name) && !going.has(name));
    return user === undefined ? item : { ...item, remove: false, reason: `guest ${user.name} is on it` };
  });
}

/** Why something may still be wanted; null: no state holds it. */
function whyLive(
  owner: OwnerMark,
  inState: boolean,
  { farms }: LiveFarms,
  { lostFarm }: SweepOptions,
): string | null {
  const farm = farms.get(owner.farm);
  if (inState) return `belongs to stack ${farm?.stack ?? owner.stack}`;
  if (farm !== undefined || lostFarm === owner.farm) return null;
  return `belongs to stack ${owner.stack} of another backend, or its state is lost: --farm ${owner.farm} takes it as lost`;
}

function whyLost(owner: OwnerMark, { farms }: LiveFarms): string {
  const farm = farms.get(owner.farm);
  return farm === undefined
    ? `the state of stack ${owner.stack} is lost`
    : `left by stack ${farm.stack}, whose state does not hold it`;
}

function whyYoung(changedAt: number | undefined, { now, olderThanMs }: SweepOptions): string | null {
  if (changedAt === undefined || now - changedAt >= olderThanMs) return null;
  return "was made a moment ago";
}

function sameFarm(a: OwnerMark, b: OwnerMark): boolean {
  return a.farm === b.farm && a.stack === b.stack && a.guest === b.guest;
}

function isWithin(path: string, folder: string): boolean {
  const inside = posix.relative(folder, path);
  return inside !== ".." && !inside.startsWith("../");
}
