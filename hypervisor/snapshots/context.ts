import { randomBytes } from "node:crypto";
import { type GuestDisks, guestDisks } from "../domain/disks";
import { layerDisk } from "../domain/layers";
import type { DomainSpec } from "../domain/spec";
import { type GuestFiles, guestFiles } from "../guest-files";
import type { HypervisorHost } from "../host";
import { hostUnder } from "../host-under";
import type { Inventory } from "./inventory";
import { InventoryKeeper, type KnownInventory } from "./inventory-keeper";

export type { KnownInventory };

/** One guest whose snapshots are worked on. */
export interface SnapshotContext {
  readonly host: HypervisorHost;
  readonly spec: DomainSpec;
  readonly files: GuestFiles;
  readonly disks: GuestDisks;
  readonly inventories: InventoryKeeper;
}

/** @param leaseHeld nobody else changes the guest while the context is in use. */
export function snapshotContext(host: HypervisorHost, spec: DomainSpec, leaseHeld = false): SnapshotContext {
  return {
    host,
    spec,
    files: guestFiles(spec.hypervisor.diskPoolPath, spec.name),
    disks: guestDisks(spec),
    inventories: new InventoryKeeper(host, spec, leaseHeld),
  };
}

/** The same guest, for one piece of work that may be given up. */
export function contextUnder(context: SnapshotContext, signal: AbortSignal | undefined): SnapshotContext {
  return signal === undefined ? context : { ...context, host: hostUnder(context.host, signal) };
}

export function inventoryOf({ inventories, host }: SnapshotContext): Promise<KnownInventory> {
  return inventories.fresh(host);
}

/** As `inventoryOf`, or of a moment ago with nothing changed since. */
export function recentInventoryOf({ inventories, host }: SnapshotContext): Promise<KnownInventory> {
  return inventories.recent(host);
}

/**
 * What is there, for work that needs the guest off.
 * @throws Error when it is not.
 */
export async function inventoryWhileOff(context: SnapshotContext): Promise<KnownInventory> {
  const { host, spec } = context;
  const recent = await recentInventoryOf(context);
  if (recent.state === "off") return recent;
  // It may have been switched off since: that alone is asked for less.
  const state = await host.tryVirsh(["domstate", "--domain", spec.name], { repeatable: true });
  if (state.exitCode === 0 && state.stdout.trim() === "shut off")
    return { ...recent, state: "off", running: null };
  const now = await inventoryOf(context);
  requireState(context, now, "off");
  return now;
}

export function newSnapshotId(): string {
  return randomBytes(6).toString("hex");
}

/** The layer that the guest writes into. @throws Error when its disks are not all in one layer of ours. */
export function currentLayer({ spec }: SnapshotContext, inventory: Inventory): string {
  if (inventory.state === "missing") throw new Error(notDefined(spec));
  const [layer, ...others] = inventory.currentLayers;
  if (layer === undefined || layer === null || others.some((other) => other !== layer)) {
    throw new Error(
      `the disks of domain "${spec.name}" are not those of guest-farm any more; run pulumi refresh and pulumi up to mend it`,
    );
  }
  return layer;
}

function notDefined({ owner, name, hypervisor }: DomainSpec): string {
  return (
    `guest "${owner.guest}" has no domain "${name}" on hypervisor "${hypervisor.name}" any more: ` +
    "run `pulumi refresh`, then `pulumi up`, which defines it again"
  );
}

/** @throws Error when the guest is not on (or off), as the work needs it. */
export function requireState({ spec }: SnapshotContext, inventory: Inventory, wanted: "on" | "off"): void {
  if (inventory.state === "missing") throw new Error(notDefined(spec));
  if (inventory.state !== wanted) {
    throw new Error(`guest "${spec.owner.guest}" is ${inventory.state}; it has to be ${wanted} for this`);
  }
}

/**
 * Refuses work that would put other disks under a long-lived guest: what it has written is nowhere else.
 * @throws Error when the guest is one, and somebody has worked on its disks.
 */
export function refuseOverLastingDisks(context: SnapshotContext, inventory: Inventory): void {
  const { spec } = context;
  if (spec.keepRunning !== true) return;
  const layer = inventory.layers.get(currentLayer(context, inventory));
  if (layer?.pristine === true && layer.firstBoot !== "ready") return;
  throw new Error(`the disks of guest "${spec.owner.guest}", which is long-lived, are never exchanged`);
}

/** File of every writable disk in a layer, by target device. */
export function layerSources(
  { files, disks }: SnapshotContext,
  layer: string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(disks.writable.map(({ device }) => [device, layerDisk(files, layer, device)]));
}
