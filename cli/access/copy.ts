import { UserError } from "../../definitions/user-error";
import { UsageError } from "../command";
import { openAccess } from "./open-access";
import { withRunningGuest } from "./running-guest";
import type { GuestAccessSpec } from "./spec";

/** Longest time for one copy, in milliseconds. */
const COPY_LIMIT_MS = 3600 * 1000;

/** One side of a copy; without a guest: a path of this machine. */
export interface CopyPlace {
  readonly guest: string | null;
  readonly path: string;
}

/** Reads `<guest>:<path>`, or a path of this machine; one with a colon in it needs `./` before it. */
export function parsePlace(text: string): CopyPlace {
  const match = /^([^/:]+):(.*)$/s.exec(text);
  if (match === null || text.startsWith(".")) return { guest: null, path: text };
  return { guest: match[1] ?? "", path: match[2] ?? "" };
}

/** Copies a file or folder. @throws UsageError unless exactly one side is in a guest. */
export function checkPlaces(from: CopyPlace, to: CopyPlace): string {
  const [guest, ...more] = [from.guest, to.guest].filter((name) => name !== null);
  if (guest !== undefined && more.length === 0) return guest;
  throw new UsageError({
    what:
      guest === undefined ? "neither side of the copy is in a guest" : "both sides of the copy are in guests",
    found: `${from.path} -> ${to.path}`,
    allowed: "guest-farm cp <guest>:<path> <path>, or guest-farm cp <path> <guest>:<path>",
  });
}

/** Copies a file or folder between this machine and a guest, whatever way leads into it. */
export async function copy(access: GuestAccessSpec, from: CopyPlace, to: CopyPlace): Promise<void> {
  await withRunningGuest(access, async (host) => {
    const guest = await openAccess(access, host);
    try {
      const options = { timeoutMs: COPY_LIMIT_MS };
      if (to.guest === null) await guest.copyFrom(from.path, to.path, options);
      else await guest.copyTo(from.path, to.path, options);
    } catch (error) {
      throw new UserError({
        what: `cannot copy ${from.path} to ${to.path}`,
        found: error instanceof Error ? error.message : String(error),
      });
    } finally {
      await guest.close();
    }
  });
}
