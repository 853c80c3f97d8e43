/** Who holds a lease, as others see it. */
export interface LeaseHolder {
  readonly runId: string;
  /** `user@host`, process id and what for: `root@laptop pid 4711: up of stack quickstart`. */
  readonly description: string;
  /** ISO 8601. */
  readonly since: string;
  /** Whose run it is; absent: no run's, or one of an older release. */
  readonly stack?: string | undefined;
  readonly project?: string | undefined;
}

/** A holder in words. */
export function shownHolder({ description, since }: LeaseHolder): string {
  return `${description}, since ${since}`;
}

/** What becomes of a guest whose holder is gone, when nobody else comes. */
export type OrphanFate = "powerOff" | "leave";

export interface ReleaseOptions {
  /** The guest is as it is to be, whether on or off: it is not looked at. Default: false. */
  readonly leaveOn?: boolean;
}

/** The exclusive right to drive one guest. */
export interface Lease {
  /** The holder that went away without giving the lease back: its guest may still run. */
  readonly abandoned: LeaseHolder | null;
  /** Aborted when the keeper has taken the lease back, or cannot be reached for long: the holder has to stop acting. */
  readonly lost: AbortSignal;
  /**
   * Ends the lease. A guest that is on, and would be powered off as an orphan, is powered off by its keeper, which holds
   * the lease until then.
   */
  release(options?: ReleaseOptions): Promise<void>;
}

/** A lease whose keeper ends what runs under it before anybody else gets it. */
export interface FencedLease extends Lease {
  /** File that every program which works under the lease has locked; see `fencedShell`. */
  readonly fence: string;
}

export interface AcquireOptions {
  readonly holder: LeaseHolder;
  /** Milliseconds to wait for another holder. */
  readonly waitMs: number;
  /** Told when somebody else holds it, and again every 10 s. */
  readonly onWait?: (holder: LeaseHolder, waitedMs: number) => void;
  readonly signal?: AbortSignal;
  /** What becomes of the guest without a holder. Default: `leave`. */
  readonly fate?: (abandoned: LeaseHolder | null) => OrphanFate;
  /** How often an orphan is asked to shut down before it is forced off, and the seconds for each time. Default: never. */
  readonly shutdown?: { readonly tries: number; readonly delay: number };
}

/** Somebody else held the lease for the whole wait. */
export class LeaseHeldError extends Error {
  constructor(guest: string, holder: LeaseHolder | null, waitedMs: number) {
    const who = holder === null ? "somebody unknown" : shownHolder(holder);
    super(
      `guest "${guest}" is in use by ${who}; waited ${Math.round(waitedMs / 1000)} s. Wait for it to end, or stop it, and run this again`,
    );
    this.name = "LeaseHeldError";
  }
}

/** The lease under which a program was to run has ended. */
export class LeaseLostError extends Error {
  constructor(machine: string) {
    super(`a program was not run on ${machine}: the lease of its guest is lost`);
    this.name = "LeaseLostError";
  }
}

/** There is no folder of the guest on its hypervisor: it was never made, or was deleted. */
export class NoGuestFolderError extends Error {
  constructor(guest: string) {
    super(
      `guest "${guest}" has no folder on its hypervisor; run \`pulumi up\` (after \`pulumi refresh\`) to make it`,
    );
    this.name = "NoGuestFolderError";
  }
}
