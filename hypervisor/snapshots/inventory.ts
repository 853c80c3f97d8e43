import { CommandError } from "../../connections/shell";
import { guestDisks } from "../domain/disks";
import { layerOfDisk, LayerRecord } from "../domain/layers";
import type { DomainSpec } from "../domain/spec";
import { readDefinition } from "../domain/xml/read-definition";
import { guestFiles, type GuestFiles } from "../guest-files";
import type { HypervisorHost } from "../host";
import { INVENTORY_SCRIPT } from "./inventory-script";
import { parseRecord, type SnapshotRecord } from "./record";
import { hostVersions, type HostVersions } from "./resume-facts";

/** All that is needed to judge the snapshots of one guest, as of one moment. */
export interface Inventory {
  /** `unknown`: libvirt did not answer. */
  readonly state: "on" | "off" | "missing" | "unknown";
  /** libvirt's inactive definition; null: there is none, or libvirt did not answer. */
  readonly definition: string | null;
  /** Definition of the running guest; null: it is off. */
  readonly running: string | null;
  readonly records: readonly SnapshotRecord[];
  /** Record files that cannot be read, relative to the guest's folder. */
  readonly unreadable: readonly string[];
  readonly layers: ReadonlyMap<string, LayerRecord>;
  /** Layer of each writable disk, of the running guest and of its definition; null: the disk is in none. */
  readonly currentLayers: readonly (string | null)[];
  /** Files below `layers/` and `snapshots/`, by path relative to the guest's folder. */
  readonly files: ReadonlyMap<string, { readonly size: number; readonly mtime: string }>;
  /** What lies directly in `layers/` and `snapshots/`, relative to the guest's folder. */
  readonly entries: readonly string[];
  /** Whether each base image is there. */
  readonly bases: ReadonlyMap<string, boolean>;
  /** libvirt's own snapshots; null: nobody asked, because no record speaks of any. */
  readonly internal: ReadonlySet<string> | null;
  /** libvirt's own snapshot that was taken or gone back to last; null: none, or nobody asked. */
  readonly latestInternal: string | null;
}

/** What is on a hypervisor for some of its guests. */
export interface Inventories {
  /** Null: libvirt did not answer. */
  readonly versions: HostVersions | null;
  /** By domain name. */
  readonly guests: ReadonlyMap<string, Inventory>;
}

/** What a guest's inventory is asked by. */
export type InventoryQuery = Pick<
  DomainSpec,
  "name" | "hypervisor" | "baseImage" | "rootDisk" | "extraDisks" | "seed" | "seedBus"
>;

/**
 * Reads the snapshots, layers, files and definitions of any number of guests in one command. Changes nothing.
 * @throws CommandError, CommandTimeoutError or LinkLostError when the host cannot be asked.
 */
export async function readInventories(
  host: HypervisorHost,
  guests: readonly InventoryQuery[],
  options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
): Promise<Inventories> {
  const parameters = guests.flatMap((guest) => {
    const bases = basesOf(guest);
    return [guest.name, filesOf(guest).folder, String(bases.length), ...bases];
  });
  const argv = ["sh", "-c", INVENTORY_SCRIPT, "sh", host.spec.uri, ...parameters];
  const chunks: Buffer[] = [];
  const result = await host.shell.run({
    argv,
    ...options,
    onOutput: (stream, chunk) => {
      if (stream === "stdout") chunks.push(chunk);
    },
  });
  if (result.exitCode !== 0) {
    throw new CommandError(host.shell.description, ["read snapshots", host.spec.diskPoolPath], result);
  }
  return parse(Buffer.concat(chunks).toString("utf8"), guests);
}

/** As `readInventories`, for one guest that is about to be worked on. @throws Error when libvirt does not answer. */
export async function readInventory(
  host: HypervisorHost,
  guest: InventoryQuery,
): Promise<Inventory & { readonly versions: HostVersions }> {
  const { versions, guests } = await readInventories(host, [guest]);
  const inventory = guests.get(guest.name);
  if (versions === null || inventory === undefined || inventory.state === "unknown") {
    throw new Error(`libvirt on ${host.shell.description} does not answer at ${host.spec.uri}`);
  }
  return { ...inventory, versions };
}

function filesOf({ hypervisor, name }: InventoryQuery): GuestFiles {
  return guestFiles(hypervisor.diskPoolPath, name);
}

function basesOf(guest: InventoryQuery): readonly string[] {
  return guestDisks(guest).writable.map(({ base }) => base.path);
}

function parse(output: string, guests: readonly InventoryQuery[]): Inventories {
  const [header = "", ...sections] = output.split(/^guest\n/m);
  const answer = values(header);
  const answered = answer("error").length === 0;
  const versions = answered
    ? hostVersions(decoded(answer("version")), decoded(answer("capabilities")))
    : null;
  const inventories = guests.map(
    (guest, index) => [guest.name, parseGuest(sections[index] ?? "", guest, answered)] as const,
  );
  return { versions, guests: new Map(inventories) };
}

function parseGuest(section: string, guest: InventoryQuery, answered: boolean): Inventory {
  const answer = values(section);
  const definition = decoded(answer("inactive")) || null;
  const running = decoded(answer("running")) || null;
  const state = running !== null ? "on" : definition !== null ? "off" : "missing";
  const records = answer("record").map(namedText);
  const readable = records.map(([path, text]) => [path, parseRecord(text)] as const);
  const layers = answer("layer").flatMap(([path = "", text]) => layerEntry(path, decoded([[text ?? ""]])));
  return {
    state: answered ? state : "unknown",
    definition,
    running,
    records: readable.flatMap(([, record]) => (record === null ? [] : [record])),
    unreadable: readable.flatMap(([path, record]) => (record === null ? [path] : [])),
    layers: new Map(layers),
    currentLayers: [running, definition].flatMap((xml) => (xml === null ? [] : layersOf(xml, guest))),
    files: new Map(
      answer("file").map(([size = "", mtime = "", path = ""]) => [path, { size: Number(size), mtime }]),
    ),
    entries: answer("entry").map(([path = ""]) => path),
    bases: new Map(answer("base").map(([there], index) => [basesOf(guest)[index] ?? "", there === "yes"])),
    internal: answer("internal").length === 0 ? null : new Set(decoded(answer("internal")).split("\n")),
    latestInternal: decoded(answer("latest")).trim() || null,
  };
}

/** Reads lines of `key value...` by key, as lists of values. */
function values(section: string): (key: string) => readonly (readonly string[])[] {
  const lines = section.split("\n").map((line) => line.split(" "));
  return (key) => lines.filter(([first]) => first === key).map(([, ...rest]) => rest);
}

function decoded([first]: readonly (readonly string[])[]): string {
  return Buffer.from(first?.[0] ?? "", "base64").toString("utf8");
}

function namedText([path = "", text = ""]: readonly string[]): readonly [path: string, text: string] {
  return [path, decoded([[text]])];
}

function layerEntry(path: string, text: string): readonly (readonly [string, LayerRecord])[] {
  try {
    const record = LayerRecord.safeParse(JSON.parse(text)).data;
    // A record that was copied from another layer says nothing about this one.
    return record !== undefined && path === `layers/${record.id}/layer.json` ? [[record.id, record]] : [];
  } catch {
    return [];
  }
}

function layersOf(xml: string, guest: InventoryQuery): readonly (string | null)[] {
  const { disks } = readDefinition(xml);
  return guestDisks(guest).writable.map(({ device }) => {
    const source = disks.find((disk) => disk.device === device)?.source ?? null;
    return source === null ? null : layerOfDisk(filesOf(guest), source);
  });
}
