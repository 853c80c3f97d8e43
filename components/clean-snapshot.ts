import * as pulumi from "@pulumi/pulumi";
import type { GuestSettings } from "../definitions/resolved";
import { cleanKey } from "../phases";
import type { CacheEntry } from "../providers/cache-entry";
import type { Guest } from "./guest";
import { type LifecycleCommand, lifecycleCommand } from "./lifecycle-command";
import { machineInputs } from "./machine-inputs";
import type { ReadableMap } from "./readable-map";
import { snapshotEntry } from "./snapshot-entry";

/** A guest without a project has nothing to tell but its snapshot. */
const NOTHING: ReadableMap = { known: pulumi.output<Record<string, string>>({}), later: {} };

/** Arguments of a {@link CleanSnapshot}. */
export interface CleanSnapshotArgs {
  /** The guest that is booted once. */
  guest: Guest;
  /** Settings of the lifecycle. Default: those of the guest's definition. */
  settings?: GuestSettings;
}

/** A guest without a project, booted once and kept as the snapshot `clean`. */
export class CleanSnapshot extends pulumi.ComponentResource {
  readonly guest: Guest;
  /** Whether it was there when it was first looked for (`state`), and its `token`. */
  readonly entry: CacheEntry;
  /** The command that boots the guest and takes the snapshot. */
  readonly lifecycle: LifecycleCommand;

  constructor(name: string, args: CleanSnapshotArgs, opts?: pulumi.ComponentResourceOptions) {
    super("guest-farm:index:CleanSnapshot", name, {}, opts);
    this.guest = args.guest;
    const settings = args.settings ?? args.guest.definition.settings;
    const clean = cleanEntry(name, args.guest, settings.allowedPhases.includes("create clean"), this);
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
      },
      this,
    );
    this.registerOutputs({ state: this.entry.state });
  }
}

/**
 * The place of a guest's clean snapshot in the cache, with its key.
 * @param expected, idle see `SnapshotEntryArgs`
 */
export function cleanEntry(
  name: string,
  guest: Guest,
  expected: boolean,
  parent: pulumi.Resource,
  idle = false,
) {
  const key = pulumi.unsecret(
    pulumi
      .all([machineInputs(guest), guest.identity.keySalt])
      .apply(([machine, salt]) => cleanKey(machine, salt)),
  );
  const args = { guest, snapshot: "clean", project: null, revision: null, key, keep: 1, expected, idle };
  return { key, entry: snapshotEntry(`${name}-clean`, args, parent) };
}
