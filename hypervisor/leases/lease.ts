/** Who holds a lease, as others see it. */
export interface LeaseHolder {
  readonly runId: string;
  /** `user@host`, process id and what for: `root@laptop pid 4711: up of stack quickstart`. */
  readonly description: string;
  /** ISO 8601. */
  readonly since: string;
}

/** A holder in words. */
export function shownHolder({ description, since }: LeaseHolder): string {
  return `${description}, since ${since}`;
}

/** The exclusive right to drive one guest. */
export interface Lease {
  /** The holder that went away without giving the lease back: its guest may still run. */
  readonly abandoned: LeaseHolder | null;
  /** Aborted when beats go unanswered: the holder has to stop acting. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

export interface AcquireOptions {
  readonly holder: LeaseHolder;
  /** Milliseconds to wait for another holder. */
  readonly waitMs: number;
  /** Told when somebody else holds it, and again every 10 s. */
  readonly onWait?: (holder: LeaseHolder, waitedMs: number) => void;
  readonly signal?: AbortSignal;
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

/** There is no folder of the guest on its hypervisor: it was never made, or was deleted. */
export class NoGuestFolderError extends Error {
  constructor(guest: string) {
    super(
      `guest "${guest}" has no folder on its hypervisor; run \`pulumi up\` (after \`pulumi refresh\`) to make it`,
    );
    this.name = "NoGuestFolderError";
  }
}
