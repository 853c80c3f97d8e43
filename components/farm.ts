import * as pulumi from "@pulumi/pulumi";
import { digestOf } from "../definitions/canonical-json";
import type { PlacedGuest } from "../definitions/placement/place-farm";
import type { ResolvedNetwork } from "../definitions/resolved";
import type { HostConnectionSpec, HypervisorSpec } from "../hypervisor/spec";
import { Network } from "../providers/network";
import { ArgumentError } from "./argument-error";
import { BaseImage } from "./base-image";
import { CleanSnapshot } from "./clean-snapshot";
import { hostConnection } from "./guest/access-spec";
import { networkArgs } from "./farm/networks";
import { Guest } from "./guest";
import { HYPERVISOR_PROJECT, hypervisorSettings } from "./guest/hypervisor-project";
import { checkJumps, passedFirst, viaOf } from "./farm/jumps";
import { Hypervisor } from "./hypervisor";
import type { ProjectArgs } from "./project/project-args";
import { ProvisionedGuest } from "./provisioned-guest";

/** A hypervisor of a {@link Farm}: of one that is a guest, only the guest's name is said. */
export type FarmHypervisor =
  | HypervisorSpec
  | (Omit<HypervisorSpec, "connection"> & {
      connection: { readonly type: "guest"; readonly guest: string };
    });

/** Arguments of a {@link Farm}: plain data, because they decide which resources there are. */
export interface FarmArgs {
  /** Where guests live. */
  hypervisors: readonly FarmHypervisor[];
  /** The guests and where each lives. */
  guests: readonly PlacedGuest[];
  /** Networks to make; each belongs to the hypervisors that it names, by default to all. Default: none. */
  networks?: readonly ResolvedNetwork[];
  /** What the guests build; the others stay registered and do nothing. Default: guests only get their clean snapshot. */
  project?: ProjectArgs & { guests: readonly string[] };
  /** Another value than the last one forces one run of every guest. */
  rerun?: string;
  /** By name of a long-lived guest: another value than the last one has it started if it is off. Default: none. */
  wake?: Readonly<Record<string, string>>;
  /** Guests whose data disks are not to be made yet. Default: none. */
  dataDisksWait?: readonly string[];
  /** Whether vendors are asked for newer images, which are then fetched; guests keep theirs. Default: false. */
  updateImages?: boolean;
  /** Names of the images of which the newest one of the cache is taken, or true for all. Default: none. */
  adoptImages?: boolean | readonly string[];
  /** Strategy with its reason by guest name, for previews. */
  strategies?: Readonly<Record<string, string>>;
}

/** Many guests on many hypervisors: everything that a farm file describes. */
export class Farm extends pulumi.ComponentResource {
  /** By name. */
  readonly hypervisors: ReadonlyMap<string, Hypervisor>;
  /** By name: guests that build the project, and guests that only have their clean snapshot. */
  readonly guests: ReadonlyMap<string, CleanSnapshot | ProvisionedGuest>;

  readonly #images = new Map<string, BaseImage>();

  constructor(name: string, args: FarmArgs, opts?: pulumi.ComponentResourceOptions) {
    super("guest-farm:index:Farm", name, {}, opts);
    const places = args.hypervisors.map((spec) => spec.name);
    for (const guest of args.guests) {
      if (!places.includes(guest.hypervisor)) throw unknownHypervisor(guest, places);
    }
    checkJumps(args.guests);
    const guests = new Map<string, CleanSnapshot | ProvisionedGuest>();
    const hypervisors = new Map<string, Hypervisor>();
    // From the ground up: a hypervisor that is a guest comes after that guest.
    for (
      let left = args.hypervisors;
      left.length > 0;
      left = left.filter(({ name }) => !hypervisors.has(name))
    ) {
      const next = left.filter(
        ({ connection }) => connection.type !== "guest" || guests.has(hostOf(connection)),
      );
      if (next.length === 0) throw withoutGround(left);
      for (const spec of next) {
        const hypervisor = this.#hypervisor(spec, guests);
        hypervisors.set(spec.name, hypervisor);
        const local = args.guests.filter((guest) => guest.hypervisor === spec.name);
        const networks = networksOn(hypervisor, spec.name, args.networks ?? [], local);
        for (const guest of passedFirst(local)) {
          const via = viaOf(guest, guests, args.guests);
          guests.set(guest.name, this.#guest(guest, { hypervisor, networks, ...(via && { via }) }, args));
        }
      }
    }
    this.hypervisors = hypervisors;
    this.guests = guests;
    this.registerOutputs({});
  }

  #hypervisor(
    spec: FarmHypervisor,
    guests: ReadonlyMap<string, CleanSnapshot | ProvisionedGuest>,
  ): Hypervisor {
    const { connection } = spec;
    const host = connection.type === "guest" ? guests.get(hostOf(connection)) : undefined;
    return new Hypervisor(
      spec.name,
      {
        ...spec,
        connection: host === undefined ? (connection as HostConnectionSpec) : readyHost(host),
        isGuest: host !== undefined,
      },
      { parent: this },
    );
  }

  #guest(
    definition: PlacedGuest,
    { hypervisor, networks, ...way }: GuestPlace,
    args: FarmArgs,
  ): CleanSnapshot | ProvisionedGuest {
    const { name } = definition;
    const image = this.#image(definition, hypervisor, args);
    // Only what it uses: a network that cannot be made stops nobody else.
    const dependsOn = definition.nics.flatMap((nic) =>
      nic.kind === "network" ? (networks.get(nic.network) ?? []) : [],
    );
    const dataDisksWait = args.dataDisksWait?.includes(name) ?? false;
    const guest = new Guest(
      name,
      { hypervisor, image, definition, dataDisksWait, ...way },
      { parent: this, dependsOn },
    );
    if (definition.isHypervisor === true) {
      const settings = hypervisorSettings(definition.settings);
      return new ProvisionedGuest(name, { guest, project: HYPERVISOR_PROJECT, settings }, { parent: this });
    }
    const { project, rerun } = args;
    const builds = project?.guests.includes(name) ?? false;
    // A guest that is not chosen now keeps its resources: Pulumi would delete what is not registered.
    if (project === undefined || (definition.keepRunning && !builds)) {
      const wake = args.wake?.[name];
      return new CleanSnapshot(name, { guest, ...(wake === undefined ? {} : { wake }) }, { parent: this });
    }
    const strategy = args.strategies?.[name];
    return new ProvisionedGuest(
      name,
      {
        guest,
        project,
        ...(builds ? {} : { idle: true }),
        ...(rerun === undefined ? {} : { rerun }),
        ...(strategy === undefined ? {} : { strategy }),
      },
      { parent: this },
    );
  }

  /** Guests of one hypervisor with the same image share it. */
  #image(
    { image, hypervisor: host }: PlacedGuest,
    hypervisor: Hypervisor,
    { updateImages: update = false, adoptImages = false }: FarmArgs,
  ): BaseImage {
    const key = `${host}:${digestOf(image)}`;
    const known = this.#images.get(key);
    if (known !== undefined) return known;
    const adopt = adoptImages === true || (adoptImages !== false && adoptImages.includes(image.name));
    const args = { hypervisor, definition: image, update, adopt };
    const made = new BaseImage(`${host}-${image.name}`, args, { parent: this });
    this.#images.set(key, made);
    return made;
  }
}

/** Where a guest is made. */
interface GuestPlace {
  readonly hypervisor: Hypervisor;
  /** By name. */
  readonly networks: ReadonlyMap<string, Network>;
  /** Hosts to pass on the way in, if the farm file says them. */
  readonly via?: readonly pulumi.Input<HostConnectionSpec>[];
}

/** The networks of one hypervisor by name. */
function networksOn(
  hypervisor: Hypervisor,
  host: string,
  networks: readonly ResolvedNetwork[],
  guests: readonly PlacedGuest[],
): ReadonlyMap<string, Network> {
  const made = networks
    .filter((network) => network.hypervisors?.includes(host) ?? true)
    .map((network) => {
      const args = networkArgs(network, hypervisor, guests);
      return [
        network.name,
        new Network(`${host}-${network.name}`, args, { parent: hypervisor, ...hypervisor.secretOutputs }),
      ] as const;
    });
  return new Map(made);
}

/** The way to a guest that is a hypervisor; it is there once that has been set up. */
function readyHost({ guest, lifecycle, ...rest }: CleanSnapshot | ProvisionedGuest) {
  const made = "init" in rest ? rest.init.entry.token : undefined;
  return pulumi.secret(
    pulumi
      .all([hostConnection(guest), made, lifecycle.command.id])
      .apply(([connection, incarnation]) => ({ ...connection, ...(incarnation && { incarnation }) })),
  );
}

function hostOf(connection: { readonly guest: string }): string {
  return connection.guest;
}

function unknownHypervisor({ name, hypervisor }: PlacedGuest, known: readonly string[]): ArgumentError {
  return new ArgumentError(
    `guests.${name}.hypervisor`,
    `there is no hypervisor "${hypervisor}"; there are: ${known.join(", ")}`,
  );
}

function withoutGround(left: readonly FarmHypervisor[]): ArgumentError {
  const names = left.map(({ name }) => `"${name}"`).join(", ");
  return new ArgumentError(
    "hypervisors",
    `${names} would live in guests that are not there before them: let their guests live on a hypervisor that is no guest`,
  );
}
