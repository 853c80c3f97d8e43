import * as pulumi from "@pulumi/pulumi";
import type { GuestSettings } from "../definitions/resolved";
import { cleanKey } from "../phases";
import type { CacheEntry } from "../providers/cache-entry";
import type { DrivenGuest } from "./guest/driven-guest";
import { cleanSnapshotName, type LifecycleCommand, lifecycleCommand } from "./lifecycle-command";
import { machineInputs } from "./machine-inputs";
import type { ReadableMap } from "./readable-map";
import { snapshotEntry } from "./snapshot-entry";

/** A guest without a project has nothing to tell but its snapshot. */
const NOTHING: ReadableMap = { known: pulumi.output<Record<string, string>>({}), later: {} };

/** Arguments of a {@link CleanSnapshot}. */
export interface CleanSnapshotArgs {
  /** The guest that is booted once. */
  guest: DrivenGuest;
  /** Settings of the lifecycle. Default: those of the guest's definition. */
  settings?: GuestSettings;
  /** Of a long-lived guest: another value than the last one runs its command, which starts a guest that is off. */
  wake?: string;
}

/**
 * A guest without a project, booted once and kept as the snapshot `clean`. A long-lived one (`keepRunning`) stays on, and
 * only has a snapshot of its first boot.
 */
export class CleanSnapshot extends pulumi.ComponentResource {
  readonly guest: DrivenGuest;
  /** Whether it was there when it was first looked for (`state`), and its `token`. */
  readonly entry: CacheEntry;
  /** The command that boots the guest and takes the snapshot. */
  readonly lifecycle: LifecycleCommand;

  constructor(name: string, args: CleanSnapshotArgs, opts?: pulumi.ComponentResourceOptions) {
    super("guest-farm:index:CleanSnapshot", name, {}, opts);
    this.guest = args.guest;
    const { keepRunning } = args.guest.definition;
    const given = args.settings ?? args.guest.definition.settings;
    const settings = keepRunning ? longLivedSettings(args.guest.definition, given) : given;
    const expected = !keepRunning && settings.allowedPhases.includes("create clean");
    const clean = cleanEntry(name, args.guest, expected, this);
    this.entry = clean.entry;
    this.lifecycle = lifecycleCommand(
      name,
      {
        guest: args.guest,
        settings,
        clean,
        project: null,
        environment: NOTHING,
        always: false,
        rerun: undefined,
        ...(args.wake === undefined ? {} : { nonce: args.wake }),
      },
      this,
    );
    this.registerOutputs({ state: this.entry.state });
  }
}

/** Memory of a first boot is of no use to a guest that goes on: its snapshot is taken while it is off. */
function longLivedSettings(
  { firstBootSnapshot }: DrivenGuest["definition"],
  { snapshots, allowedPhases, ...settings }: GuestSettings,
): GuestSettings {
  return {
    ...settings,
    snapshots: snapshots === "auto" ? "overlay" : snapshots,
    allowedPhases:
      firstBootSnapshot === null ? allowedPhases.filter((phase) => phase !== "create clean") : allowedPhases,
  };
}

/**
 * The place of a guest's clean snapshot in the cache, with its key.
 * @param expected, idle see `SnapshotEntryArgs`
 */
export function cleanEntry(
  name: string,
  guest: DrivenGuest,
  expected: boolean,
  parent: pulumi.Resource,
  idle = false,
) {
  const key = pulumi.unsecret(
    pulumi
      .all([machineInputs(guest), guest.identity.keySalt])
      .apply(([machine, salt]) => cleanKey(machine, salt)),
  );
  const snapshot = cleanSnapshotName(guest.definition);
  const args = { guest, snapshot, project: null, revision: null, key, keep: 1, expected, idle };
  return { key, entry: snapshotEntry(`${name}-clean`, args, parent) };
}
