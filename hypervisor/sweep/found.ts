import type { OwnerMark } from "../owner";

/** A libvirt domain, whoever made it. */
export interface FoundDomain {
  readonly name: string;
  /** Null: guest-farm did not make it. */
  readonly owner: OwnerMark | null;
  /** Files that its definition, or the running guest, names. */
  readonly files: readonly string[];
  readonly networks: readonly string[];
}

/** A folder below the disk pool. */
export interface FoundFolder {
  /** Absolute. */
  readonly path: string;
  /** Null: there is no mark in it that can be read. */
  readonly owner: OwnerMark | null;
  /** Name of the domain that it was made for, as the mark says. */
  readonly domain: string | null;
  /** Its disks outlive their guest. */
  readonly keepRunning: boolean;
  /** Disks that outlived their guest. */
  readonly kept: boolean;
  readonly leaseHeld: boolean;
  /** When the mark was written; milliseconds since 1970. */
  readonly changedAt: number;
}

/** The folder of one run of an image's making, in the image cache. */
export interface FoundWork {
  readonly path: string;
  /** The file that is locked while it is in use. */
  readonly lock: string;
  readonly lockHeld: boolean;
  readonly changedAt: number;
}

export interface FoundNetwork {
  readonly name: string;
  readonly owner: OwnerMark | null;
}

/** All on one hypervisor that a sweep looks at. */
export interface Found {
  readonly domains: readonly FoundDomain[];
  readonly folders: readonly FoundFolder[];
  readonly work: readonly FoundWork[];
  readonly networks: readonly FoundNetwork[];
}

/** A file that names a place below a folder, as an overlay names what is under it. */
export interface Reference {
  readonly from: string;
  readonly to: string;
}
