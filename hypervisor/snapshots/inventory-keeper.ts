import type { HypervisorHost } from "../host";
import type { DomainSpec } from "../domain/spec";
import { type Inventory, readInventory } from "./inventory";
import type { Ground } from "./ground";
import type { HostVersions } from "./resume-facts";

/** What is there, and what runs it. */
export type KnownInventory = Inventory & { readonly versions: HostVersions };

/** How long an inventory counts that was kept. Milliseconds. */
const KEPT_MS = 30_000;

/**
 * Reads a guest's inventory and keeps it for what is done next: reading is the dearest part of a short run, and while
 * its lease is held nobody but the holder changes what is in it.
 */
export class InventoryKeeper {
  private first: Ground | null = null;
  private kept: { readonly inventory: KnownInventory; readonly since: number } | null = null;

  /** @param mayKeep whether the lease of the guest is held for as long as this is in use. */
  constructor(
    private readonly host: HypervisorHost,
    private readonly spec: DomainSpec,
    private readonly mayKeep: boolean,
  ) {}

  /** As of now. @param host for work that may be given up */
  async fresh(host = this.host): Promise<KnownInventory> {
    this.forget();
    const inventory = await readInventory(host, this.spec);
    this.first ??= inventory.ground;
    this.keep(inventory);
    return inventory;
  }

  /** What the guest's disks depended on when this was first asked; null: nobody has asked. */
  get firstGround(): Ground | null {
    return this.first;
  }

  /** As of now, or of a moment ago with nothing changed since; the guest's power may have changed. */
  async recent(host = this.host): Promise<KnownInventory> {
    const { kept } = this;
    return kept !== null && performance.now() - kept.since < KEPT_MS ? kept.inventory : this.fresh(host);
  }

  /** Takes over what is there after a change that the caller made. */
  keep(inventory: KnownInventory): void {
    if (this.mayKeep) this.kept = { inventory, since: performance.now() };
  }

  /** To be called before a change. */
  forget(): void {
    this.kept = null;
  }
}
