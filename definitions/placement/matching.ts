import { distance } from "./affinity";

/** Guests that can live on the same hosts. */
export interface GuestClass {
  /** Indexes of guests. */
  readonly guests: readonly number[];
  /** Indexes of hosts. */
  readonly hosts: readonly number[];
}

export interface MatchingInput {
  readonly guestHashes: Uint32Array;
  readonly hostHashes: Uint32Array;
  readonly weights: Float64Array;
  readonly classes: readonly GuestClass[];
}

/** How far above its share of the load a host may go. */
const SLACK = 1.25;
/** Choices of a guest that are worked out at first; few guests need more. */
const FIRST_CHOICES = 8;

/**
 * The most guests that each host takes: 1.25 times its share, where the guests of a class are shared among the hosts
 * of the class by weight, rounded up.
 */
export function capsOf(input: MatchingInput): Int32Array {
  const shares = new Float64Array(input.weights.length);
  for (const { guests, hosts } of input.classes) {
    const total = hosts.reduce((sum, host) => sum + (input.weights[host] ?? 0), 0);
    for (const host of hosts)
      shares[host] = at(shares, host) + (guests.length * at(input.weights, host)) / total;
  }
  // The subtraction keeps rounding errors of the sum from adding a guest.
  return Int32Array.from(shares, (share) => Math.ceil(SLACK * share - 1e-9));
}

/**
 * Host of every guest, -1 where a guest is in no class. Each guest asks its hosts in the order of their distance; a
 * full host keeps those that are nearest to it. The outcome of this (deferred acceptance) does not depend on any
 * order, and a guest or host that comes or goes moves few others.
 */
export function match(input: MatchingInput): Int32Array {
  const assigned = new Int32Array(input.guestHashes.length).fill(-1);
  const caps = capsOf(input);
  const residents: number[][] = Array.from(caps, () => []);
  const choices = new Choices(input);
  const homeless: number[] = [];
  const waiting = input.classes.flatMap(({ guests }) => guests);
  for (let guest = waiting.pop(); guest !== undefined; guest = waiting.pop()) {
    const host = choices.next(guest);
    if (host === undefined) {
      homeless.push(guest);
      continue;
    }
    const guests = residents[host] ?? [];
    guests.push(guest);
    if (guests.length > at(caps, host)) waiting.push(removeFarthest(guests, host, input));
  }
  residents.forEach((guests, host) => guests.forEach((guest) => (assigned[guest] = host)));
  homeless
    .sort((a, b) => a - b)
    .forEach((guest) => settleHomeless(guest, assigned, residents, caps, choices));
  return assigned;
}

function removeFarthest(guests: number[], host: number, input: MatchingInput): number {
  let worst = 0;
  let farthest = -1;
  guests.forEach((guest, index) => {
    const away = distance(at(input.guestHashes, guest), at(input.hostHashes, host), at(input.weights, host));
    const farther = away > farthest || (away === farthest && guest > (guests[worst] ?? -1));
    if (farther) [worst, farthest] = [index, away];
  });
  return guests.splice(worst, 1)[0] ?? -1;
}

/**
 * A guest all of whose hosts are full makes room by moving others along the shortest chain of hosts that ends at one
 * with room. There always is one: the shares of the hosts, which the caps exceed, are an assignment in fractions.
 */

function settleHomeless(
  guest: number,
  assigned: Int32Array,
  residents: readonly number[][],
  caps: Int32Array,
  choices: Choices,
): void {
  const cameFrom = new Map<number, { readonly guest: number; readonly host: number }>();
  const queue = choices.all(guest).map((host) => ({ host, guest, from: -1 }));
  for (const { host, guest: mover, from } of queue) {
    if (cameFrom.has(host)) continue;
    cameFrom.set(host, { guest: mover, host: from });
    if ((residents[host]?.length ?? 0) < at(caps, host)) {
      moveAlong(host, cameFrom, assigned, residents);
      return;
    }
    for (const resident of residents[host] ?? []) {
      for (const next of choices.all(resident)) {
        if (!cameFrom.has(next)) queue.push({ host: next, guest: resident, from: host });
      }
    }
  }
  throw new Error("no host has room, although the caps of all hosts together exceed the number of guests");
}

function moveAlong(
  end: number,
  cameFrom: ReadonlyMap<number, { readonly guest: number; readonly host: number }>,
  assigned: Int32Array,
  residents: readonly number[][],
): void {
  for (let host = end; host >= 0;) {
    const step = cameFrom.get(host);
    if (step === undefined) return;
    const left = residents[step.host];
    left?.splice(left.indexOf(step.guest), 1);
    residents[host]?.push(step.guest);
    assigned[step.guest] = host;
    host = step.host;
  }
}

/** The hosts of each guest, nearest first; only the first few are worked out until more are needed. */
class Choices {
  private readonly classOf: Int32Array;
  private readonly lists = new Map<number, readonly number[]>();
  private readonly asked: Int32Array;

  constructor(private readonly input: MatchingInput) {
    this.classOf = new Int32Array(input.guestHashes.length).fill(-1);
    this.asked = new Int32Array(input.guestHashes.length);
    input.classes.forEach(({ guests }, index) => guests.forEach((guest) => (this.classOf[guest] = index)));
  }

  /** The next host that a guest asks; undefined when it has asked all. */
  next(guest: number): number | undefined {
    const hosts = this.hostsOf(guest);
    const turn = at(this.asked, guest);
    if (turn >= hosts.length) return undefined;
    this.asked[guest] = turn + 1;
    let list = this.lists.get(guest);
    if (list === undefined) this.lists.set(guest, (list = this.nearest(guest, hosts)));
    else if (turn >= list.length) this.lists.set(guest, (list = this.sorted(guest, hosts)));
    return list[turn];
  }

  /** All hosts of a guest, nearest first. */
  all(guest: number): readonly number[] {
    return this.sorted(guest, this.hostsOf(guest));
  }

  private hostsOf(guest: number): readonly number[] {
    return this.input.classes[at(this.classOf, guest)]?.hosts ?? [];
  }

  private distanceTo(guest: number, host: number): number {
    const { guestHashes, hostHashes, weights } = this.input;
    return distance(at(guestHashes, guest), at(hostHashes, host), at(weights, host));
  }

  private sorted(guest: number, hosts: readonly number[]): number[] {
    const away = hosts.map((host) => ({ host, distance: this.distanceTo(guest, host) }));
    return away.sort((a, b) => a.distance - b.distance || a.host - b.host).map(({ host }) => host);
  }

  /** The first choices by insertion into a short sorted list, in one pass over the hosts. */
  private nearest(guest: number, hosts: readonly number[]): readonly number[] {
    const found: number[] = [];
    const distances: number[] = [];
    for (const host of hosts) {
      const away = this.distanceTo(guest, host);
      if (found.length === FIRST_CHOICES && away >= (distances[FIRST_CHOICES - 1] ?? Infinity)) continue;
      let place = found.length;
      while (place > 0 && away < (distances[place - 1] ?? -1)) place--;
      found.splice(place, 0, host);
      distances.splice(place, 0, away);
      if (found.length > FIRST_CHOICES) {
        found.pop();
        distances.pop();
      }
    }
    return found;
  }
}

function at(list: { readonly [index: number]: number }, index: number): number {
  return list[index] ?? 0;
}
