import type * as pulumi from "@pulumi/pulumi";
import type { GuestAccessSpec } from "../../cli/access/spec";
import type { PlacedGuest } from "../../definitions/placement/place-farm";
import type { DomainSpec } from "../../hypervisor/domain/spec";
import type { HypervisorSpec } from "../../hypervisor/spec";
import type { LoginParts } from "./lifecycle-spec";

/** What running phases needs of a guest, whether this stack makes it or another one. */
export interface DrivenGuest {
  readonly definition: PlacedGuest;
  readonly hypervisor: {
    readonly spec: pulumi.Output<HypervisorSpec>;
    /** For resources that take the specification: what of their outputs is secret. */
    readonly secretOutputs: { readonly additionalSecretOutputs?: string[] };
  };
  /** Secret salt of digests over secrets. */
  readonly identity: { readonly keySalt: pulumi.Output<string> };
  /** libvirt's name and UUID of it; another UUID is another guest. */
  readonly domain: { readonly id: pulumi.Output<string>; readonly uuid: pulumi.Output<string> };
  /** What the domain is defined from; secret, because of the seed. */
  readonly spec: pulumi.Output<DomainSpec>;
  /** Keys and passwords that let phases in; secret. */
  readonly login: pulumi.Output<LoginParts>;
  /** How to get in: by the farm's tools, from another checkout too; secret. */
  readonly access: pulumi.Output<GuestAccessSpec>;
}
