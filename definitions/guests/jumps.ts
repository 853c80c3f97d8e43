import { nearestName, oneOf } from "../nearest";
import type { GuestWay } from "../resolved-guest";
import type { Mistake } from "../user-error";

/** As much of a guest as says over which others it is reached. */
export interface ReachedGuest {
  readonly name: string;
  readonly way?: GuestWay | undefined;
}

/** A mistake in the `connection.jump` of a guest. */
export interface JumpMistake {
  readonly guest: string;
  readonly mistake: Mistake;
}

/** The guests that one is reached over, as its definition names them. */
export function guestsPassed({ way }: ReachedGuest): readonly string[] {
  const jump = way?.jump;
  return typeof jump === "object"
    ? jump.flatMap((each) => (typeof each === "string" ? [] : [each.guest]))
    : [];
}

/** Guests that are reached over one that there is not, or over themselves; each loop is told once. */
export function jumpMistakes(guests: readonly ReachedGuest[]): readonly JumpMistake[] {
  const names = guests.map(({ name }) => name);
  const unknown = guests.flatMap((guest) =>
    guestsPassed(guest)
      .filter((passed) => !names.includes(passed))
      .map((passed) => ({ guest: guest.name, mistake: unknownGuest(passed, names) })),
  );
  const told = new Set<string>();
  const loops = guests.flatMap(({ name }) => {
    const loop = told.has(name) ? null : loopFrom(name, guests);
    loop?.forEach((each) => told.add(each));
    return loop === null ? [] : [{ guest: name, mistake: overItself(name, loop) }];
  });
  return [...unknown, ...loops];
}

function unknownGuest(found: string, names: readonly string[]): Mistake {
  const nearest = nearestName(found, names);
  return {
    what: "the way leads over a guest that the farm does not have",
    found,
    allowed: oneOf(names),
    remedy:
      nearest === undefined
        ? "name one of them, or write a machine that is no guest as [user@]host[:port]"
        : `did you mean "${nearest}"?`,
  };
}

function overItself(name: string, loop: readonly string[]): Mistake {
  return {
    what: `guest "${name}" would be reached over itself`,
    found: loop.join(" over "),
    allowed: "a way that ends at a guest, or a machine, that is reached without them",
    remedy: `take one guest of the loop out of its connection.jump`,
  };
}

/** The guests from one to where it is met again, it being the first and the last; null: its way comes to an end. */
function loopFrom(start: string, guests: readonly ReachedGuest[]): readonly string[] | null {
  const seen = new Set<string>();
  const search = (name: string, path: readonly string[]): readonly string[] | null => {
    const guest = guests.find((each) => each.name === name);
    for (const passed of guest === undefined ? [] : guestsPassed(guest)) {
      if (passed === start) return [...path, passed];
      if (seen.has(passed)) continue;
      seen.add(passed);
      const found = search(passed, [...path, passed]);
      if (found !== null) return found;
    }
    return null;
  };
  return search(start, [start]);
}
