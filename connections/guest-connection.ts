import { printableText } from "./printable";
import type { ArrivalLimits } from "./arrivals/limits";
import type { LeftOut } from "./arrivals/sift";
import type { CommandResult } from "./shell";

/** How a script gets to another user inside a guest. */
export interface Escalation {
  readonly user: string;
  readonly method: "sudo" | "su" | "doas";
  /** Sent on standard input or to the pty's prompt, never in argv. Default: none is asked for. */
  readonly password?: string;
}

/** A script to run in a guest. */
export interface GuestScript {
  /** Text of the script. May hold secrets: it travels on standard input into the guest's memory file system. */
  readonly text: string;
  /** Interpreter inside the guest. */
  readonly shell: "sh" | "bash" | "powershell";
  /** Standard input of the script; default: nothing. */
  readonly stdin?: string;
  /** Working folder; default: the login folder. */
  readonly dir?: string;
  /** Environment of the script; set inside the guest, never in an argv or environment on the controller. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the login user. */
  readonly as?: Escalation;
  /** Milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly onOutput?: (stream: "stdout" | "stderr", chunk: Buffer) => void;
}

export interface CopyOptions {
  /** Octal, as `0644`; default: as on the source side. */
  readonly mode?: string;
  /** `user` or `user:group`; default: the login user (or the escalated user). */
  readonly owner?: string;
  readonly as?: Escalation;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface FetchOptions extends CopyOptions {
  /** Absolute folder on the controller that the destination is in: no folder between the two may be a link. */
  readonly within?: string;
  /** Default: `DEFAULT_ARRIVAL_LIMITS`. */
  readonly limits?: ArrivalLimits;
  /** Told what of a folder is not kept: devices, links that lead out of the folder. */
  readonly onLeftOut?: (leftOut: LeftOut) => void;
}

/** A way into a running guest. One per guest and run; opened lazily, closed at the end. */
export interface GuestConnection {
  /** Names the way in messages: `ssh root@127.0.0.1:2201`, `guest agent of "web"`. */
  readonly description: string;
  /** Gets ready what connecting takes on this side, ahead of time; the guest is not contacted. Never throws. */
  prepare(): Promise<void>;
  /**
   * Waits until the guest answers: the SSH banner, then (for `login`) a login, then cloud-init where there is one.
   * @throws ReadinessError naming what was waited for, for how long, and the last thing seen.
   * @throws HostKeyError when another key than the pinned one answers: never retried.
   */
  waitUntilReady(options: ReadinessOptions): Promise<void>;
  /** Runs a script; a non-zero exit code is a result, not an error. @throws CommandTimeoutError, LinkLostError. */
  run(script: GuestScript): Promise<CommandResult>;
  /** Writes a file; parents are made. */
  write(path: string, content: Buffer, options: CopyOptions): Promise<void>;
  /** Copies a file or folder of the controller into the guest. */
  copyTo(localPath: string, guestPath: string, options: CopyOptions): Promise<void>;
  /**
   * Copies a file or folder of the guest to the controller, a folder over what is there: plain files, folders and links
   * inside the folder, without special modes. No link at the destination is followed.
   * @throws UserError above a limit, and where something else is in the way.
   */
  copyFrom(guestPath: string, localPath: string, options: FetchOptions): Promise<void>;
  /**
   * Makes a guest fresh whose memory was restored: sets its clock to the controller's, and has its kernel draw other
   * random numbers than all that were restored from the same memory. Programs that run already keep their own.
   *
   * @returns what could not be done and why, for people; empty: all was.
   * @throws Error when the guest could not be asked, or refuses to let the login become root.
   */
  refresh(): Promise<readonly string[]>;
  /** Writes the guest's file systems to disk. */
  syncFileSystems(signal?: AbortSignal): Promise<void>;
  /** Forgets open connections: after a restore they lead nowhere. */
  drop(): Promise<void>;
  /** Whether the guest answers now, within `timeoutMs`. Never throws. */
  answers(timeoutMs: number): Promise<boolean>;
  close(): Promise<void>;
}

export interface ReadinessOptions {
  readonly mode: "login" | "port" | "none";
  readonly timeoutMs: number;
  /** The guest was ready when its memory was saved: what it does after a boot (cloud-init) is done. Default: false. */
  readonly resumed?: boolean;
  readonly signal?: AbortSignal;
  /** Told what is being waited for, for the progress line. */
  readonly onWait?: (what: string) => void;
}

/** The guest did not become ready in time. */
export class ReadinessError extends Error {
  constructor(waitedFor: string, timeoutMs: number, lastSeen: string) {
    super(`waited ${timeoutMs / 1000} s for ${waitedFor}; last seen: ${printableText(lastSeen)}`);
    this.name = "ReadinessError";
  }
}

/** Another machine than the pinned one answered. */
export class HostKeyError extends Error {
  constructor(where: string, details: string) {
    super(
      `the machine that answers at ${where} has another host key than the one pinned for it; nothing was sent to it. ` +
        `Another guest or service may be using the address: ${printableText(details)}`,
    );
    this.name = "HostKeyError";
  }
}
