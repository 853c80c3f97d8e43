import * as pulumi from "@pulumi/pulumi";
import { digestOf } from "../definitions/canonical-json";
import type { PlacedGuest } from "../definitions/placement/place-farm";
import type { ResolvedNetwork } from "../definitions/resolved";
import type { HypervisorSpec } from "../hypervisor/spec";
import { Network } from "../providers/network";
import { ArgumentError } from "./argument-error";
import { BaseImage } from "./base-image";
import { CleanSnapshot } from "./clean-snapshot";
import { networkArgs } from "./farm/networks";
import { Guest } from "./guest";
import { Hypervisor } from "./hypervisor";
import type { ProjectArgs } from "./project/project-args";
import { ProvisionedGuest } from "./provisioned-guest";

/** Arguments of a {@link Farm}: plain data, because they decide which resources there are. */
export interface FarmArgs {
  /** Where guests live. */
  hypervisors: readonly HypervisorSpec[];
  /** The guests and where each lives. */
  guests: readonly PlacedGuest[];
  /** Networks to make; each belongs to the hypervisors that it names, by default to all. Default: none. */
  networks?: readonly ResolvedNetwork[];
  /** What the guests build; those that are not named only get their clean snapshot. Default: nothing. */
  project?: ProjectArgs & { guests: readonly string[] };
  /** Another value than the last one forces one run of every guest. */
  rerun?: string;
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
    this.hypervisors = new Map(
      args.hypervisors.map((spec) => [spec.name, new Hypervisor(spec.name, spec, { parent: this })]),
    );
    const networks = this.#networks(args);
    this.guests = new Map(args.guests.map((guest) => [guest.name, this.#guest(guest, args, networks)]));
    this.registerOutputs({});
  }

  /** By hypervisor and name, as `networkKey` has it. */
  #networks({ networks = [], guests }: FarmArgs): ReadonlyMap<string, Network> {
    const made = [...this.hypervisors].flatMap(([host, hypervisor]) =>
      networks
        .filter((network) => network.hypervisors?.includes(host) ?? true)
        .map((network) => {
          const local = guests.filter((guest) => guest.hypervisor === host);
          const args = networkArgs(network, hypervisor, local);
          const resource = new Network(`${host}-${network.name}`, args, { parent: hypervisor });
          return [networkKey(host, network.name), resource] as const;
        }),
    );
    return new Map(made);
  }

  #guest(
    definition: PlacedGuest,
    args: FarmArgs,
    networks: ReadonlyMap<string, Network>,
  ): CleanSnapshot | ProvisionedGuest {
    const hypervisor = this.hypervisors.get(definition.hypervisor);
    if (hypervisor === undefined) {
      throw new ArgumentError(
        `guests.${definition.name}.hypervisor`,
        `there is no hypervisor "${definition.hypervisor}"; there are: ${[...this.hypervisors.keys()].join(", ")}`,
      );
    }
    const { name } = definition;
    const image = this.#image(definition, hypervisor);
    // Only what it uses: a network that cannot be made stops nobody else.
    const dependsOn = definition.nics.flatMap((nic) =>
      nic.kind === "network" ? (networks.get(networkKey(definition.hypervisor, nic.network)) ?? []) : [],
    );
    const guest = new Guest(name, { hypervisor, image, definition }, { parent: this, dependsOn });
    const { project, rerun } = args;
    if (project === undefined || !project.guests.includes(name)) {
      return new CleanSnapshot(name, { guest }, { parent: this });
    }
    const strategy = args.strategies?.[name];
    return new ProvisionedGuest(
      name,
      {
        guest,
        project,
        ...(rerun === undefined ? {} : { rerun }),
        ...(strategy === undefined ? {} : { strategy }),
      },
      { parent: this },
    );
  }

  /** Guests of one hypervisor with the same image share it. */
  #image({ image, hypervisor: host }: PlacedGuest, hypervisor: Hypervisor): BaseImage {
    const key = `${host}:${digestOf(image)}`;
    const known = this.#images.get(key);
    if (known !== undefined) return known;
    const made = new BaseImage(`${host}-${image.name}`, { hypervisor, definition: image }, { parent: this });
    this.#images.set(key, made);
    return made;
  }
}

function networkKey(hypervisor: string, network: string): string {
  return `${hypervisor}/${network}`;
}
