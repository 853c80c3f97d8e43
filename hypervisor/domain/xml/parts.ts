import type { GuestFiles } from "../../guest-files";
import type { GuestDisks } from "../disks";
import type { DomainSpec } from "../spec";

/** A piece of XML as xmlbuilder2 takes it: `@name` is an attribute, `#` the text, a list repeats the element. */
export type XmlPart = { readonly [name: string]: XmlPart | readonly XmlPart[] | string | number | undefined };

/** What a definition says beyond the specification: things that are decided on the hypervisor. */
export interface DomainLayout {
  /** UUID of this instance of the guest. */
  readonly uuid: string;
  readonly files: GuestFiles;
  readonly disks: GuestDisks;
  /** File that each writable disk points at now, by target device. */
  readonly sources: Readonly<Record<string, string>>;
  /** Seed medium in the drive; null: the drive is empty. */
  readonly seed: string | null;
}

/** All that the parts of a definition are made from. */
export interface DomainPlan {
  readonly spec: DomainSpec;
  readonly layout: DomainLayout;
}
