import * as pulumi from "@pulumi/pulumi";
import type { PlacedGuest } from "../definitions/placement/place-farm";
import { ArgumentError } from "./argument-error";
import { type GuestHandle, GuestReference } from "./guest-reference";
import type { ProjectArgs } from "./project/project-args";
import { ProvisionedGuest } from "./provisioned-guest";

/** Arguments of a {@link FarmProject}: plain data, because they decide which resources there are. */
export interface FarmProjectArgs {
  /** The guests that build the project, as in the stack that makes them. */
  guests: readonly PlacedGuest[];
  /** By name of a guest: its `handle`, from an output of the stack that makes it. */
  handles: Readonly<Record<string, pulumi.Input<GuestHandle>>>;
  /** What the guests build. */
  project: ProjectArgs;
  /** Another value than the last one forces one run of every guest. */
  rerun?: string;
  /** Strategy with its reason by guest name, for previews. */
  strategies?: Readonly<Record<string, string>>;
}

/**
 * One project on the guests that another stack makes. Its runs and those of other stacks keep out of each other's way by
 * the leases of the guests. Deleting it deletes no guest and no snapshot.
 *
 * @throws InputPropertyError for a guest without a handle.
 */
export class FarmProject extends pulumi.ComponentResource {
  /** By name. */
  readonly guests: ReadonlyMap<string, ProvisionedGuest>;

  constructor(name: string, args: FarmProjectArgs, opts?: pulumi.ComponentResourceOptions) {
    super("guest-farm:index:FarmProject", name, {}, opts);
    this.guests = new Map(args.guests.map((guest) => [guest.name, this.#guest(guest, args)]));
    this.registerOutputs({});
  }

  #guest(
    definition: PlacedGuest,
    { handles, project, rerun, strategies }: FarmProjectArgs,
  ): ProvisionedGuest {
    const { name } = definition;
    const handle = handles[name];
    if (handle === undefined) {
      throw new ArgumentError(`handles.${name}`, "the stack that makes the guests has none of this name");
    }
    const strategy = strategies?.[name];
    return new ProvisionedGuest(
      name,
      {
        guest: new GuestReference(name, { handle, definition }, { parent: this }),
        project,
        ...(rerun === undefined ? {} : { rerun }),
        ...(strategy === undefined ? {} : { strategy }),
      },
      { parent: this },
    );
  }
}
