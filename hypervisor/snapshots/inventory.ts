import { randomBytes } from "node:crypto";
import { CommandError, CommandTimeoutError, LinkLostError } from "../../connections/shell";
import { guestDisks } from "../domain/disks";
import { layerOfDisk, LayerRecord } from "../domain/layers";
import type { DomainSpec } from "../domain/spec";
import { readDefinition } from "../domain/xml/read-definition";
import { guestFiles, type GuestFiles } from "../guest-files";
import type { HypervisorHost } from "../host";
import type { Attempt } from "../patience";
import { type Ground, groundOf } from "./ground";
import { INVENTORY_SCRIPT, libvirtQuestions } from "./inventory-script";
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
  /** Files outside of the guest's folder that its disks depend on. */
  readonly ground: Ground;
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
  "name" | "hypervisor" | "baseImage" | "rootDisk" | "extraDisks" | "seed" | "seedBus" | "firmware"
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
    const ground = groundOf(guest);
    return [
      ...[guest.name, filesOf(guest).folder],
      ...[String(bases.length), ...bases],
      ...[String(ground.length), ...ground],
    ];
  });
  const mark = `guest-farm-${randomBytes(12).toString("hex")}`;
  const questions = libvirtQuestions(
    mark,
    guests.map(({ name }) => name),
  );
  const argv = ["sh", "-c", INVENTORY_SCRIPT, "sh", mark, host.spec.uri, questions, ...parameters];
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
  return parse(partsOf(Buffer.concat(chunks).toString("utf8"), mark), guests);
}

/** As `readInventories`, for one guest that is about to be worked on. @throws Error when libvirt does not answer. */
export async function readInventory(
  host: HypervisorHost,
  guest: InventoryQuery,
): Promise<Inventory & { readonly versions: HostVersions }> {
  const read = async () => {
    const { versions, guests } = await readInventories(host, [guest]);
    const inventory = guests.get(guest.name);
    if (versions === null || inventory === undefined || inventory.state === "unknown") {
      throw new LibvirtSilentError(host);
    }
    return { ...inventory, versions };
  };
  const { patience } = host;
  return patience === undefined ? read() : patience.untilAnswered(read, whySilent);
}

class LibvirtSilentError extends Error {
  constructor({ shell, spec }: HypervisorHost) {
    super(`libvirt on ${shell.description} does not answer at ${spec.uri}`);
  }
}

/** Looking changes nothing: it is repeated whatever kept the answer away. */
function whySilent(outcome: Attempt<unknown>): string | null {
  if (!("error" in outcome)) return null;
  const { error } = outcome;
  const isAway =
    error instanceof LibvirtSilentError ||
    error instanceof LinkLostError ||
    error instanceof CommandTimeoutError;
  return isAway ? error.message : null;
}

function filesOf({ hypervisor, name }: InventoryQuery): GuestFiles {
  return guestFiles(hypervisor.diskPoolPath, name);
}

function basesOf(guest: InventoryQuery): readonly string[] {
  return guestDisks(guest).writable.map(({ base }) => base.path);
}

/** A part of the script's output. */
interface Part {
  readonly name: string;
  readonly text: string;
}

function partsOf(output: string, mark: string): readonly Part[] {
  return output
    .split(`\n${mark} `)
    .slice(1)
    .map((part) => {
      const end = part.indexOf("\n");
      return { name: part.slice(0, end), text: part.slice(end + 1) };
    });
}

function parse(parts: readonly Part[], guests: readonly InventoryQuery[]): Inventories {
  const starts = parts.flatMap(({ name }, index) => (name === "guest" ? [index] : []));
  const header = parts.slice(0, starts[0]);
  const answered = textOf(header, "error") === null;
  const versions = answered
    ? hostVersions(textOf(header, "version") ?? "", textOf(header, "capabilities") ?? "")
    : null;
  const names = (which: string) => new Set((textOf(header, which) ?? "").split("\n"));
  const [all, on] = [names("all"), names("on")];
  const inventories = guests.map((guest, index) => {
    const own = parts.slice(starts[index], starts[index + 1]);
    const definitions = {
      definition: all.has(guest.name) ? textOf(header, `inactive ${index}`) || null : null,
      running: on.has(guest.name) ? textOf(header, `running ${index}`) || null : null,
    };
    return [guest.name, parseGuest(own, guest, answered, definitions)] as const;
  });
  return { versions, guests: new Map(inventories) };
}

function parseGuest(
  parts: readonly Part[],
  guest: InventoryQuery,
  answered: boolean,
  { definition, running }: Pick<Inventory, "definition" | "running">,
): Inventory {
  const state = running !== null ? "on" : definition !== null ? "off" : "missing";
  const found = foundFiles(textOf(parts, "files") ?? "");
  const texts = textsByPath(textOf(parts, "texts") ?? "");
  const recordPaths = [...found.files.keys()].filter((path) => /^snapshots\/[^/]+\.json$/.test(path));
  const records = recordPaths.map((path) => [path, parseRecord(texts.get(path) ?? "")] as const);
  const bases = parts.flatMap(({ name }) => (name.startsWith("base ") ? [name === "base yes"] : []));
  const stamps = parts.flatMap(({ name }) =>
    /^ground( |$)/.test(name) ? [stampOf(name.slice("ground ".length))] : [],
  );
  const internal = textOf(parts, "internal");
  return {
    state: answered ? state : "unknown",
    definition,
    running,
    records: records.flatMap(([, record]) => (record === null ? [] : [record])),
    unreadable: records.flatMap(([path, record]) => (record === null ? [path] : [])),
    layers: new Map([...texts].flatMap(([path, text]) => layerEntry(path, text))),
    currentLayers: [running, definition].flatMap((xml) => (xml === null ? [] : layersOf(xml, guest))),
    ...found,
    bases: new Map(basesOf(guest).map((path, index) => [path, bases[index] ?? false])),
    ground: new Map(groundOf(guest).map((path, index) => [path, stamps[index] ?? null])),
    internal: internal === null ? null : new Set(internal.split("\n").filter((name) => name !== "")),
    latestInternal: textOf(parts, "latest")?.trim() || null,
  };
}

/** Reads `size mtime`; nothing: there is no such file. */
function stampOf(text: string): { readonly size: number; readonly mtime: string } | null {
  const [size = "", mtime] = text.split(" ");
  return mtime === undefined ? null : { size: Number(size), mtime };
}

function textOf(parts: readonly Part[], wanted: string): string | null {
  return parts.find(({ name }) => name === wanted)?.text ?? null;
}

/** Reads `depth type size mtime path` lines. */
function foundFiles(lines: string): Pick<Inventory, "files" | "entries"> {
  const found = lines
    .split("\n")
    .map((line) => line.split(" "))
    .filter(({ length }) => length === 5);
  return {
    files: new Map(
      found.flatMap(([, type, size, mtime = "", path = ""]) =>
        type === "f" ? [[path, { size: Number(size), mtime }] as const] : [],
      ),
    ),
    entries: found.flatMap(([depth, , , , path = ""]) => (depth === "1" ? [path] : [])),
  };
}

/** Reads `path:line` lines. */
function textsByPath(lines: string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const line of lines.split("\n")) {
    const colon = line.indexOf(":");
    const path = line.slice(0, colon);
    if (colon > 0) texts.set(path, `${texts.get(path) ?? ""}${line.slice(colon + 1)}\n`);
  }
  return texts;
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
