import { posix } from "node:path";
import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import type { PlacedGuest } from "../definitions/placement/place-farm";
import { UserError } from "../definitions/user-error";
import type { DomainSpec } from "../hypervisor/domain/spec";
import { dataDiskName, dataFolder } from "../hypervisor/data-disks";
import { MARK_VERSION } from "../hypervisor/owner";
import { Domain } from "../providers/domain";
import type { FarmIdentity } from "../providers/farm-identity";
import { hostKeySeed } from "../providers/farm-keys";
import { GuestHostKey } from "../providers/guest-host-key";
import type { GuestAccessSpec } from "../cli/access/spec";
import type { GuestHandle } from "./guest-reference";
import type { HostConnectionSpec } from "../hypervisor/spec";
import type { BaseImage } from "./base-image";
import { accessSpec } from "./guest/access-spec";
import { type KeyFile, keyFileOf, readKeyFile } from "./guest/key-file";
import { domainArgs } from "./guest/domain-args";
import type { DrivenGuest } from "./guest/driven-guest";
import type { LoginParts } from "./guest/lifecycle-spec";
import { guestSeed } from "./guest/seed";
import { secretTexts } from "./guest/secret-text";
import { farmSecret } from "./farm-secret";
import type { Hypervisor } from "./hypervisor";
import { defaultIdentity } from "./identity";
import { ProgramError } from "./program-error";

/** Arguments of a {@link Guest}. */
export interface GuestArgs {
  /** Where it lives. */
  hypervisor: Hypervisor;
  /** What its root disk is laid over. */
  image: BaseImage;
  /** What it is: from `defineGuest`, or from a farm file. */
  definition: PlacedGuest;
  /** Default: the one identity that all components of a program share. */
  identity?: FarmIdentity;
  /**
   * Whether its data disks are not to be made yet: the domain, which waits for its stage as well, only learns where they
   * will be. Default: false.
   */
  dataDisksWait?: boolean;
  /** Hosts to pass on the way in, from the controller on. Default: the way to the hypervisor's host. */
  via?: readonly pulumi.Input<HostConnectionSpec>[];
}

/** A guest: its libvirt domain, defined and off, with an SSH host key that is pinned from the start. */
export class Guest extends pulumi.ComponentResource implements DrivenGuest {
  /** What it was made from. */
  readonly definition: PlacedGuest;
  readonly hypervisor: Hypervisor;
  /** Whose keys let phases in. */
  readonly identity: FarmIdentity;
  /** Its `id` is the domain's name. */
  readonly domain: Domain;
  /** What the domain is defined from; secret, because of the seed. */
  readonly spec: pulumi.Output<DomainSpec>;
  /** `ssh-ed25519 AAAA...`: the only host key that connections accept. */
  readonly hostKey: pulumi.Output<string>;
  /** Keys and passwords that let phases in, and the hosts to pass; secret. */
  readonly login: pulumi.Output<LoginParts>;
  /** How to get in: by the farm's tools, from another checkout too; secret. */
  readonly access: pulumi.Output<GuestAccessSpec>;

  constructor(name: string, args: GuestArgs, opts?: pulumi.ComponentResourceOptions) {
    super("guest-farm:index:Guest", name, {}, opts);
    const parent = { parent: this };
    this.definition = args.definition;
    this.hypervisor = args.hypervisor;
    this.identity = args.identity ?? defaultIdentity();
    const ownKey = loginKeyFile(args.definition);
    const { definition } = args;
    const seed = farmSecret()?.apply((secret) => hostKeySeed(secret, definition.name));
    const key = new GuestHostKey(`${name}-host-key`, parent, seed);
    this.hostKey = key.publicKey;
    const domain = domainArgs({
      guest: definition,
      hypervisor: args.hypervisor.spec,
      image: args.image.facts,
      owner: this.identity.farmId.apply((farm) => ({
        farm,
        stack: pulumi.getStack(),
        guest: definition.name,
        version: MARK_VERSION,
      })),
      seed: this.#seed(key, ownKey?.publicKey ?? this.identity.publicKey),
      dataDisks: args.dataDisksWait === true ? this.#plannedDisks() : this.#dataDisks(name),
    });
    this.spec = pulumi.output(domain);
    // Children of a component do not wait for what the component waits for.
    const { dependsOn } = opts ?? {};
    this.domain = new Domain(name, domain, {
      ...parent,
      ...args.hypervisor.secretOutputs,
      ...(dependsOn === undefined ? {} : { dependsOn }),
    });
    this.login = this.#login(ownKey?.privateKey ?? this.identity.privateKey, args.via);
    this.access = this.#access();
    this.registerOutputs({ domain: this.domain.id, hostKey: this.hostKey, access: this.access });
  }

  /** What a stack that only runs phases here has to know; secret. */
  get handle(): pulumi.Output<GuestHandle> {
    const { spec, domain, access, identity } = this;
    return pulumi.secret(
      pulumi.all([spec, domain.uuid, access, identity.keySalt]).apply(([described, uuid, way, keySalt]) => ({
        formatVersion: 1 as const,
        domain: described,
        uuid,
        access: way,
        keySalt,
      })),
    );
  }

  #login(
    loginKey: pulumi.Input<string>,
    via: readonly pulumi.Input<HostConnectionSpec>[] | undefined,
  ): pulumi.Output<LoginParts> {
    const { definition, hostKey } = this;
    const hosts = via === undefined ? undefined : pulumi.all([...via]);
    return pulumi.secret(
      pulumi
        .all([hostKey, loginKey, secretTexts(definition), hosts])
        .apply(([publicKey, privateKey, { password, becomePassword }, passed]): LoginParts => ({
          privateKey: definition.auth.key === undefined ? undefined : privateKey,
          password,
          becomePassword,
          hostKeys: [publicKey],
          via: passed,
        })),
    );
  }

  #access(): pulumi.Output<GuestAccessSpec> {
    const { definition } = this;
    return pulumi.secret(
      pulumi
        .all([this.hypervisor.spec, this.login])
        .apply(([hypervisor, login]) =>
          accessSpec({ stack: pulumi.getStack(), guest: definition, hypervisor, ...login }),
        ),
    );
  }

  /** The first-boot seed; secret. */
  #seed(
    key: GuestHostKey,
    authorizedKey: pulumi.Input<string>,
  ): pulumi.Output<Record<string, string> | undefined> {
    const { definition } = this;
    const { farmId, keySalt } = this.identity;
    return pulumi.secret(
      pulumi
        .all([secretTexts(definition), key.privateKey, key.publicKey, authorizedKey, farmId, keySalt])
        .apply(([secrets, privateKey, publicKey, authorized, farm, salt]) =>
          guestSeed({
            definition,
            secrets,
            hostKey: { privateKey, publicKey },
            authorizedKey: authorized,
            farm,
            keySalt: salt,
          }),
        ),
    );
  }

  /** Where the data disks will be, by name. */
  #plannedDisks(): pulumi.Output<Record<string, string>> {
    const { domainName, extraDisks } = this.definition;
    return this.hypervisor.spec.apply(({ diskPoolPath }) => {
      const folder = dataFolder(diskPoolPath, pulumi.getStack());
      return Object.fromEntries(
        extraDisks.map((disk) => [disk.name, posix.join(folder, dataDiskName(domainName, disk))]),
      );
    });
  }

  /** Paths of the data disks that the farm makes, by name. */
  #dataDisks(name: string): pulumi.Output<Record<string, string>> {
    const volumes = this.definition.extraDisks
      .filter((disk) => disk.path === undefined)
      .map((disk) => {
        const pool = this.hypervisor.dataPool;
        const volume = new libvirt.Volume(
          `${name}-${disk.name}`,
          {
            name: dataDiskName(this.definition.domainName, disk),
            pool: pool.name,
            format: disk.format,
            size: (disk.sizeGiB ?? 1) * 1024 ** 3,
          },
          // The bridged provider takes over a volume of the same name, too, and then deletes it.
          { parent: this, provider: this.hypervisor.provider, dependsOn: [pool], deleteBeforeReplace: true },
        );
        // The bridged volume's id is the path of its file.
        return volume.id.apply((path) => [disk.name, path] as const);
      });
    return pulumi.all(volumes).apply((disks) => Object.fromEntries(disks));
  }
}

/** A key file that cannot be used ends the program without a stack trace. */
function loginKeyFile(definition: PlacedGuest): KeyFile | undefined {
  const path = keyFileOf(definition);
  try {
    return path === undefined ? undefined : readKeyFile(definition, path);
  } catch (error) {
    throw error instanceof UserError ? new ProgramError(error.message) : error;
  }
}
