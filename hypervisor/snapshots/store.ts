import type { SnapshotStore } from "../../phases/lifecycle/ports";
import type { LayerRecord } from "../domain/layers";
import type { DomainSpec } from "../domain/spec";
import type { HypervisorHost } from "../host";
import {
  contextUnder,
  inventoryOf,
  recentInventoryOf,
  type SnapshotContext,
  snapshotContext,
} from "./context";
import { takeLive } from "./live";
import { takeOverlay } from "./overlay";
import type { SnapshotRecord, Strategy } from "./record";
import { beginFirstBoot, disksNow, endFirstBoot, markTouched, removeSeed, resetToBase } from "./reset";
import { restoreSnapshot } from "./restore";
import { currentFacts } from "./resume-facts";
import { takeSaved } from "./saved";
import { deleteSnapshot, prepareSettle, settle } from "./settle";
import { chooseStrategy } from "./strategy";
import { factsOfDefinition, factsOfSpec } from "./strategy-facts";
import { judge } from "./verdict";

/** The snapshots of one guest, with what people ask about them. `list` needs no lease. */
export interface GuestSnapshots extends SnapshotStore {
  /** For people: why this strategy. */
  readonly strategyReason: string;
  /** Records of all snapshots, oldest first. */
  list(): Promise<readonly SnapshotRecord[]>;
  /** Removes a snapshot and the files that nothing else needs. One that is not there is fine. */
  delete(name: string): Promise<void>;
}

const TAKE = { saved: takeSaved, live: takeLive, overlay: takeOverlay } as const;

export interface SnapshotOptions {
  /** How new snapshots are taken; those that are there are restored by the strategy in their record. */
  readonly strategy: Strategy;
  readonly strategyReason?: string;
}

/** The snapshots of a guest, with a strategy that was chosen already. */
export function createSnapshotStore(
  host: HypervisorHost,
  spec: DomainSpec,
  options: SnapshotOptions,
): GuestSnapshots {
  return storeIn(snapshotContext(host, spec), options);
}

function storeIn(
  context: SnapshotContext,
  { strategy, strategyReason = "" }: SnapshotOptions,
): GuestSnapshots {
  let prepared: LayerRecord | null = null;
  return {
    strategy,
    strategyReason,
    takenWhile: strategy === "overlay" ? "off" : "on",
    look: async (wanted, signal) => {
      const inventory = await recentInventoryOf(contextUnder(context, signal));
      const { definition, versions } = inventory;
      return judge(wanted, inventory, definition === null ? null : currentFacts(definition, versions));
    },
    list: async () => {
      const { records } = await inventoryOf(context);
      return [...records].sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
    },
    restore: async (name, signal) => ({
      resumed: await restoreSnapshot(contextUnder(context, signal), name),
    }),
    create: (wanted, signal) =>
      TAKE[strategy](contextUnder(context, signal), wanted).finally(() => context.inventories.forget()),
    delete: (name) => deleteSnapshot(context, name).finally(() => context.inventories.forget()),
    disksNow: (signal) => disksNow(contextUnder(context, signal)),
    beginFirstBoot: (signal) => beginFirstBoot(contextUnder(context, signal)),
    endFirstBoot: (signal) => endFirstBoot(contextUnder(context, signal)),
    markTouched: (signal) => markTouched(contextUnder(context, signal)),
    resetToBase: (signal) => resetToBase(contextUnder(context, signal)),
    removeSeed: (signal) => removeSeed(contextUnder(context, signal)),
    prepareSettle: async (signal) => {
      prepared = await prepareSettle(contextUnder(context, signal));
    },
    settle: async (retention, signal) => {
      const ready = prepared;
      prepared = null;
      await settle(contextUnder(context, signal), retention, ready);
    },
  };
}

/**
 * The snapshots of a guest, with the strategy chosen by its definition and its hypervisor.
 * @param requested of the user; `auto`: the best that works.
 * @param leaseHeld the lease is held while the store is in use: what it has seen or made is not looked at again.
 * @throws UserError when the requested strategy does not work for this guest.
 */
export async function openSnapshotStore(
  host: HypervisorHost,
  spec: DomainSpec,
  requested: Strategy | "auto",
  leaseHeld = false,
): Promise<GuestSnapshots> {
  const context = snapshotContext(host, spec, leaseHeld);
  const { definition, versions } = await inventoryOf(context);
  const facts =
    definition === null
      ? factsOfSpec(spec, versions.libvirt)
      : factsOfDefinition(definition, context.files, versions.libvirt);
  const { strategy, reason } = chooseStrategy(facts, requested);
  return storeIn(context, { strategy, strategyReason: reason });
}
