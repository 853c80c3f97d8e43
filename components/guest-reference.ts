import * as pulumi from "@pulumi/pulumi";
import { GuestAccessSpec } from "../cli/access/spec";
import type { PlacedGuest } from "../definitions/placement/place-farm";
import { DomainSpec } from "../hypervisor/domain/spec";
import { z } from "zod";
import type { DrivenGuest } from "./guest/driven-guest";
import type { LoginParts } from "./guest/lifecycle-spec";

/** What another stack has to know to run phases in a guest: an output of {@link Guest}. Holds secrets. */
export const GuestHandle = z.strictObject({
  formatVersion: z.literal(1),
  domain: DomainSpec,
  /** libvirt's UUID. */
  uuid: z.string().min(1),
  access: GuestAccessSpec,
  keySalt: z.string().min(1),
});
export type GuestHandle = z.infer<typeof GuestHandle>;

/** Arguments of a {@link GuestReference}. */
export interface GuestReferenceArgs {
  /** `handle` of the guest, from an output of the stack that makes it. */
  handle: pulumi.Input<GuestHandle>;
  /** What it is, as in the stack that makes it. */
  definition: PlacedGuest;
}

/** A guest that another stack makes: phases run in it, and nothing here changes or deletes it. */
export class GuestReference extends pulumi.ComponentResource implements DrivenGuest {
  readonly definition: PlacedGuest;
  readonly hypervisor: DrivenGuest["hypervisor"];
  readonly identity: DrivenGuest["identity"];
  readonly domain: DrivenGuest["domain"];
  readonly spec: DrivenGuest["spec"];
  readonly login: DrivenGuest["login"];
  readonly access: DrivenGuest["access"];

  constructor(name: string, args: GuestReferenceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("guest-farm:index:GuestReference", name, {}, opts);
    const handle = pulumi.secret(args.handle);
    const plain = pulumi.unsecret(handle);
    this.definition = args.definition;
    this.hypervisor = hypervisorOf(handle);
    this.identity = { keySalt: handle.apply(({ keySalt }) => keySalt) };
    this.domain = {
      id: plain.apply(({ domain }) => domain.name),
      uuid: plain.apply(({ uuid }) => uuid),
    };
    this.spec = handle.apply(({ domain }) => domain);
    this.login = handle.apply(({ access }) => loginOf(access));
    this.access = handle.apply(({ access }) => ({ ...access, stack: pulumi.getStack() }));
    this.registerOutputs({ access: this.access });
  }
}

/** Only the way to a hypervisor that is itself a guest is secret; whether it is, is only known by looking. */
function hypervisorOf(handle: pulumi.Output<GuestHandle>): DrivenGuest["hypervisor"] {
  return {
    spec: handle.apply(({ domain }) => domain.hypervisor),
    secretOutputs: { additionalSecretOutputs: ["hypervisor"] },
  };
}

function loginOf({ connection, become }: GuestAccessSpec): LoginParts {
  const becomePassword = become?.password;
  if (connection.type === "agent") {
    return { privateKey: undefined, password: undefined, becomePassword, hostKeys: [] };
  }
  const { privateKey, password, hostKeys, via } = connection;
  return { privateKey, password, becomePassword, hostKeys, via };
}
