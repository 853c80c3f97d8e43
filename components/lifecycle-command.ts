import { randomUUID } from "node:crypto";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { LifecycleSpec } from "../cli/lifecycle/spec";
import { FIRST_BOOT_SNAPSHOT } from "../definitions/builtin/defaults";
import { digestOf } from "../definitions/canonical-json";
import type { GuestSettings } from "../definitions/resolved";
import type { CacheEntry } from "../providers/cache-entry";
import type { PlacedGuest } from "../definitions/placement/place-farm";
import type { DrivenGuest } from "./guest/driven-guest";
import { lifecycleSpec } from "./guest/lifecycle-spec";
import { deleteNothingAfterFailure } from "./failed-updates";
import { LIFECYCLE_COMMAND } from "./lifecycle-command-text";
import { mapInput, mapOutput, type ReadableMap } from "./readable-map";

export interface LifecycleCommandArgs {
  readonly guest: DrivenGuest;
  readonly settings: GuestSettings;
  readonly clean: { readonly key: pulumi.Output<string>; readonly entry: CacheEntry };
  readonly project: pulumi.Output<NonNullable<LifecycleSpec["project"]>> | null;
  /** Readable inputs without secrets, so that a preview names what changed. */
  readonly environment: ReadableMap;
  /** Whether every update of the stack runs the lifecycle. */
  readonly always: boolean;
  /** Another value than the last one forces a run. */
  readonly rerun: string | undefined;
  /** The same, without being named in previews. */
  readonly nonce?: string;
  /** Whether nothing makes the command run again. Default: false. */
  readonly idle?: boolean;
}

/** The command that runs one lifecycle, and what tells whether it has to. */
export interface LifecycleCommand {
  readonly command: command.local.Command;
  /** Digest of all that makes a run necessary; the record of the last run has that of its own. */
  readonly inputsDigest: pulumi.Output<string>;
}

/** Registers `<guest>-lifecycle`: one command that runs the whole lifecycle of a guest as one transaction. */
export function lifecycleCommand(
  name: string,
  args: LifecycleCommandArgs,
  parent: pulumi.Resource,
): LifecycleCommand {
  deleteNothingAfterFailure();
  const { known, later } = args.environment;
  const rerun: Record<string, string> = args.rerun === undefined ? {} : { GUEST_FARM_RERUN: args.rerun };
  const environment: ReadableMap = {
    known: known.apply((values): Record<string, string> => ({ ...values, ...rerun })),
    later: { GUEST_FARM_CLEAN_SNAPSHOT: args.clean.entry.token, ...later },
  };
  const spec = specification(args);
  const inputsDigest = pulumi
    .all([spec, mapOutput(environment)])
    .apply(([specified, described]) => digestOf({ specified, described }));
  const runNonce = args.always ? randomUUID() : args.nonce;
  const nonce = runNonce === undefined ? {} : { runNonce };
  const stdin = pulumi
    .all([spec, inputsDigest])
    .apply(([specified, digest]) =>
      JSON.stringify({ ...specified, inputsDigest: digest, ...nonce, ...aboutThisRun(args.guest) }),
    );
  return {
    inputsDigest: pulumi.unsecret(inputsDigest),
    command: new command.local.Command(
      `${name}-lifecycle`,
      {
        create: LIFECYCLE_COMMAND,
        stdin: pulumi.secret(stdin),
        environment: mapInput(environment),
        logging: command.local.Logging.Stdout,
        addPreviousOutputInEnv: false,
      },
      {
        parent,
        additionalSecretOutputs: ["stdin"],
        ...(args.idle === true ? { ignoreChanges: ["create", "stdin", "environment"] } : {}),
      },
    ),
  };
}

/** Name of the snapshot of a guest as it is after its first boot. */
export function cleanSnapshotName({ keepRunning, firstBootSnapshot }: PlacedGuest): string {
  return keepRunning ? (firstBootSnapshot ?? FIRST_BOOT_SNAPSHOT) : "clean";
}

function specification(args: LifecycleCommandArgs) {
  const { guest } = args;
  return pulumi
    .all([guest.spec, guest.login, args.clean.key, args.clean.entry.token, args.project])
    .apply(([domain, login, key, token, project]) =>
      lifecycleSpec({
        stack: pulumi.getStack(),
        guest: guest.definition,
        domain,
        ...login,
        settings: args.settings,
        clean: {
          key,
          token,
          ...(guest.definition.keepRunning ? { name: cleanSnapshotName(guest.definition) } : {}),
        },
        project,
      }),
    );
}

/** Hours that a run waits for room on a hypervisor with limits. */
const WAIT_HOURS = 6;

/** What a run has to know of its hypervisor: nothing of it is a reason to run once more. */
function aboutThisRun({
  definition: { problem, limits },
}: DrivenGuest): Pick<LifecycleSpec, "refused" | "limits"> {
  const { maxGuests, memoryMiB, cpus, waitSeconds: wait = WAIT_HOURS * 3600 } = limits;
  const limited = [maxGuests, memoryMiB, cpus].some((limit) => limit !== undefined);
  return {
    refused: problem ?? undefined,
    limits: limited ? { maxGuests, memoryMiB, cpus, wait } : undefined,
  };
}
