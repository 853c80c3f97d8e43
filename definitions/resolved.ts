import type { DomainType } from "./domain-type";
import type { PartialSettings } from "./guest-settings";
import type { CheckImages } from "./images";
import type { HypervisorFacts } from "./placement/facts";
import type { ResolvedGuest } from "./resolved-guest";

export type * from "./domain-type";
export type * from "./guest-settings";
export type * from "./resolved-guest";

/** A farm file and the files beside it, checked, merged and evaluated: plain data without expressions. */
export interface ResolvedFarm {
  /** Name of the stack, part of the domains' names. */
  readonly stack: string;
  readonly hypervisors: readonly ResolvedHypervisor[];
  readonly guests: readonly ResolvedGuest[];
  /** The chosen project; null: guests without a project. */
  readonly project: ResolvedProject | null;
  readonly projects: readonly ResolvedProject[];
  readonly networks: readonly ResolvedNetwork[];
  /** Settings of the farm's `defaults`, below those of hypervisors. */
  readonly defaultSettings: PartialSettings;
  /** Order of preference of domain types in placement. */
  readonly placementOrder: readonly DomainType[];
}

/** The same shape as the `HostConnectionSpec` of a hypervisor; of a guest only its name is known here. */
export type HostConnection =
  | { readonly type: "guest"; readonly guest: string }
  | { readonly type: "local" }
  | {
      readonly type: "ssh";
      readonly host: string;
      readonly port?: number | undefined;
      readonly user?: string | undefined;
      readonly identityFile?: string | undefined;
      readonly knownHostsFile?: string | undefined;
      readonly hostKey?: string | undefined;
      readonly jump?: string[] | undefined;
    };

export interface HypervisorLimits {
  /** Guests that may run at once. */
  readonly maxGuests?: number | undefined;
  readonly memoryMiB?: number | undefined;
  readonly cpus?: number | undefined;
  /** How long a run waits until there is room; default: 6 hours. */
  readonly waitSeconds?: number | undefined;
}

export interface ResolvedHypervisor {
  readonly name: string;
  /** libvirt URI as seen on the host. */
  readonly uri: string;
  readonly connection: HostConnection;
  /** Undefined for a session URI unless declared: the caller knows the home folder. */
  readonly diskPoolPath: string | undefined;
  readonly imageCachePath: string | undefined;
  /** Whether QEMU may be let through closed folders on the way to both. */
  readonly repairAccess: boolean;
  /** How a base image is checked before guests are put over it. */
  readonly checkImages: CheckImages;
  /** GiB that an image may have. */
  readonly imageSizeLimit?: number | undefined;
  /** TCP ports of the host that guests with user networking may reach. */
  readonly hostAccess: readonly number[];
  readonly limits: HypervisorLimits;
  readonly labels: Readonly<Record<string, string>>;
  /** Takes no new guests; those that live there stay. */
  readonly paused: boolean;
  /** Declared in the farm file instead of being asked for. */
  readonly facts: HypervisorFacts | undefined;
  /** Settings that the farm file gives at this level. */
  readonly settings: PartialSettings;
}

export interface ResolvedProject {
  /** Name by which it is chosen. */
  readonly name: string;
  readonly id: string;
  /** Integers are turned into text. */
  readonly revision: string;
  /** Relative to the farm file. */
  readonly phasesFolder: string;
  readonly vars: Readonly<Record<string, unknown>>;
  /** Name in expressions -> key of the stack's configuration. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly runMain: "onChange" | "always";
  readonly settings: PartialSettings;
  /** Names of the guests that it runs in, in farm order. */
  readonly guests: readonly string[];
  /** Where these keys are written, or else the project: file, line, column and path, for messages. */
  readonly declaredAt: { readonly phases: string; readonly secrets: string };
}

export interface ResolvedNetwork {
  readonly name: string;
  /** `existing`: only used and, if asked, started; `template`: the user's own definition. */
  readonly mode: "nat" | "routed" | "isolated" | "existing" | "template";
  readonly cidr: string | undefined;
  readonly bridge: string | undefined;
  readonly domain: string | undefined;
  readonly autostart: boolean;
  /** libvirt's XML with placeholders, see `network-template.ts`; for mode `template`. */
  readonly template?: string | undefined;
  /** Hypervisors that have it; default: all. */
  readonly hypervisors: readonly string[] | undefined;
}
