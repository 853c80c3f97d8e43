import * as pulumi from "@pulumi/pulumi";
import type { LifecycleSpec } from "../cli/lifecycle/spec";
import type { GuestSettings } from "../definitions/resolved";
import { cleanKey } from "../phases";
import { cleanEntry } from "./clean-snapshot";
import type { DrivenGuest } from "./guest/driven-guest";
import { InitSnapshot } from "./init-snapshot";
import { type LifecycleCommand, lifecycleCommand } from "./lifecycle-command";
import { machineInputs } from "./machine-inputs";
import type { ReadableMap } from "./readable-map";
import { loadForGuest, type ProjectInputs } from "./project/load";
import { checkProject, type ProjectArgs } from "./project/project-args";

/** Arguments of a {@link ProvisionedGuest}. */
export interface ProvisionedGuestArgs {
  /** Where the phases run. */
  guest: DrivenGuest;
  /** What the phases build. */
  project: ProjectArgs;
  /** Settings of the lifecycle. Default: those of the guest's definition. */
  settings?: GuestSettings;
  /** Another value than the last one forces one run. */
  rerun?: string;
  /**
   * Whether the guest has no part in the chosen project: its resources stay as they are and nothing runs. One that is new
   * only gets its clean snapshot. Default: false.
   */
  idle?: boolean;
  /** Strategy of the snapshots with its reason, for the preview. Default: said by the run itself. */
  strategy?: string;
}

/** Of a guest that has no part in the chosen project: its phase files need not even make sense for it. */
const WITHOUT_PHASES: ProjectInputs = {
  files: { dependencies: null, init: null, main: null, terminate: null },
  key: cleanKey,
  describeInputs: () => ({}),
};

/** Phases without which a run may leave no init snapshot behind. */
const MAKING_INIT = ["dependencies", "init", "create init"] as const;

/**
 * A guest that builds a project: its clean and init snapshots and one command, `<name>-lifecycle`, that runs all
 * phases. The command runs again when something that it depends on has changed, or when the last run failed.
 */
export class ProvisionedGuest extends pulumi.ComponentResource {
  readonly guest: DrivenGuest;
  /** Whether it has no part in the chosen project. */
  readonly idle: boolean;
  readonly init: InitSnapshot;
  /** The command that runs all phases, and the digest of all that makes a run necessary. */
  readonly lifecycle: LifecycleCommand;
  /** Content key of the init snapshot. */
  readonly key: pulumi.Output<string>;
  /** Content key of the clean snapshot. */
  readonly cleanKey: pulumi.Output<string>;
  /** File of each phase; null: none. */
  readonly files: pulumi.Output<ProjectInputs["files"]>;

  constructor(name: string, args: ProvisionedGuestArgs, opts?: pulumi.ComponentResourceOptions) {
    super("guest-farm:index:ProvisionedGuest", name, {}, opts);
    const { guest, project } = args;
    const settings = args.settings ?? guest.definition.settings;
    const revision = checkProject(project);
    const vars = pulumi.output(project.vars ?? {}).apply((values): Record<string, unknown> => values);
    const secrets = pulumi.secret(
      pulumi.all(project.secrets ?? {}).apply((values): Record<string, string> => values),
    );
    const { idle = false } = args;
    const loaded = idle
      ? pulumi.output(WITHOUT_PHASES)
      : loadForGuest(guest, project, revision, { vars, secrets });
    const { keySalt } = guest.identity;

    this.guest = guest;
    this.idle = idle;
    this.files = pulumi.unsecret(loaded.apply(({ files }) => files));
    this.key = pulumi.unsecret(
      pulumi
        .all([loaded, machineInputs(guest), keySalt])
        .apply(([phases, machine, salt]) => phases.key(machine, salt)),
    );
    // A run that starts from the init snapshot does without the clean one.
    const clean = cleanEntry(name, guest, false, this, idle);
    this.cleanKey = clean.key;
    const key = settings.cache === "revision" ? pulumi.output(null) : this.key;
    const { cache, keep, allowedPhases } = settings;
    const expected = cache !== "off" && MAKING_INIT.every((phase) => allowedPhases.includes(phase));
    this.init = new InitSnapshot(
      `${name}-init`,
      { guest, project: project.id, revision, key, keep, expected: expected && !idle, idle },
      { parent: this },
    );
    this.lifecycle = lifecycleCommand(
      name,
      {
        guest,
        settings,
        clean,
        project: idle
          ? null
          : pulumi
              .all([vars, secrets, keySalt, key, this.init.entry.token])
              .apply(
                ([values, secretValues, salt, initKey, token]): NonNullable<LifecycleSpec["project"]> => ({
                  id: project.id,
                  revision,
                  phasesFolder: project.phases,
                  vars: values,
                  secrets: secretValues,
                  keySalt: salt,
                  init: { key: initKey, token },
                }),
              ),
        environment: this.#environment(args, revision, loaded),
        always: project.runMain === "always" && !idle,
        rerun: args.rerun,
        idle,
      },
      this,
    );
    this.registerOutputs({ snapshot: this.init.snapshot, key: this.key });
  }

  #environment(
    { guest, project, settings, strategy }: ProvisionedGuestArgs,
    revision: string,
    loaded: pulumi.Output<ProjectInputs>,
  ): ReadableMap {
    const snapshots = (settings ?? guest.definition.settings).snapshots;
    const described = pulumi
      .all([loaded, guest.identity.keySalt])
      .apply(([phases, salt]) => phases.describeInputs(salt));
    return {
      known: pulumi.unsecret(described).apply((inputs): Record<string, string> => ({
        GUEST_FARM_PROJECT: project.id,
        GUEST_FARM_REVISION: revision,
        GUEST_FARM_STRATEGY: strategy ?? snapshots,
        ...inputs,
      })),
      later: {
        GUEST_FARM_BASE_IMAGE: pulumi
          .unsecret(guest.spec)
          .apply(({ baseImage }) => baseImage.digest.slice(0, 12)),
        GUEST_FARM_INIT_SNAPSHOT: this.init.entry.token,
      },
    };
  }
}
