import assert from "node:assert/strict";
import { fitOf, weightOf, type Candidate, type Demand } from "../../../../definitions/placement/candidate";
import { placeGuests } from "../../../../definitions/placement/place";
import { demand, host, seededRandom } from "./fixtures";

const ORDER = ["kvm", "qemu"] as const;

/** Hosts that a guest may go to by the rules, worked out the plain way. */
function allowedHosts(guest: Demand, hosts: readonly Candidate[]): number[] {
  for (const type of ORDER) {
    const able = hosts.flatMap((each, index) => {
      const fit = fitOf(guest, each);
      return "types" in fit && fit.types.includes(type) ? [index] : [];
    });
    if (able.length > 0) return able;
  }
  return [];
}

/** Of all assignments, the least that the fullest host can have, relative to its weight. */
function leastPeak(choices: readonly (readonly number[])[], weights: readonly number[]): number {
  const loads = weights.map(() => 0);
  let best = Infinity;
  const visit = (guest: number, peak: number): void => {
    if (peak >= best) return;
    const options = choices[guest];
    if (options === undefined) {
      best = peak;
      return;
    }
    for (const each of options) {
      loads[each]! += 1;
      visit(guest + 1, Math.max(peak, loads[each]! / weights[each]!));
      loads[each]! -= 1;
    }
  };
  visit(0, 0);
  return best;
}

/** Shares by weight within what each guest is allowed, as the promise is written down. */
function promisedCaps(choices: readonly (readonly number[])[], weights: readonly number[]): number[] {
  const shares = weights.map(() => 0);
  for (const options of choices) {
    const total = options.reduce((sum, each) => sum + weights[each]!, 0);
    for (const each of options) shares[each]! += weights[each]! / total;
  }
  return shares.map((share) => Math.ceil(1.25 * share - 1e-9));
}

function randomCase(seed: number): { readonly guests: Demand[]; readonly hosts: Candidate[] } {
  const random = seededRandom(seed);
  const pick = <T>(...from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const hosts = Array.from({ length: 1 + Math.floor(random() * 4) }, (_, index) => {
    const types = (): readonly ("kvm" | "qemu")[] =>
      pick<readonly ("kvm" | "qemu")[]>(["qemu"], ["kvm", "qemu"], ["kvm"]);
    const arches = pick<Readonly<Record<string, readonly ("kvm" | "qemu")[]>>>(
      { x86_64: types() },
      { aarch64: types() },
      { x86_64: types(), aarch64: types() },
    );
    const limits = random() < 0.2 ? { maxGuests: pick(1, 2) } : {};
    return host(`h${index}`, { arches, cpus: pick(1, 2, 4, 8), memoryMiB: pick(1024, 4096, 8192), limits });
  });
  const guests = Array.from({ length: 1 + Math.floor(random() * 7) }, (_, index) =>
    demand(`g${index}`, { arch: pick("x86_64", "aarch64"), memoryMiB: pick(256, 512, 2048, 6000) }),
  );
  return { guests, hosts };
}

describe("placeGuests against brute force", () => {
  it("agrees on 500 small farms: who can run, where, how full, and how near to the best balance", () => {
    for (let seed = 1; seed <= 500; seed++) {
      const { guests, hosts } = randomCase(seed);
      const result = placeGuests(guests, hosts);
      const able = guests.filter((guest) => allowedHosts(guest, hosts).length > 0);
      const say = `seed ${seed}`;
      assert.deepEqual(
        result.placements.map((each) => each.guest),
        able.map((each) => each.guest),
        say,
      );
      assert.equal(result.impossible.length, guests.length - able.length, say);

      const choices = able.map((guest) => allowedHosts(guest, hosts));
      const weights = hosts.map(weightOf);
      const loads = hosts.map(
        (each) => result.placements.filter(({ hypervisor }) => hypervisor === each.name).length,
      );
      result.placements.forEach(({ hypervisor }, index) => {
        assert.ok(
          choices[index]!.includes(hosts.findIndex(({ name }) => name === hypervisor)),
          `${say}: a wrong host`,
        );
      });
      const caps = promisedCaps(choices, weights);
      loads.forEach((load, index) => assert.ok(load <= caps[index]!, `${say}: ${load} of ${caps[index]!}`));

      const sameHosts = choices.every((options) => options.join() === choices[0]?.join());
      if (sameHosts && able.length > 0) {
        // One guest is the least step: a host is never more than a quarter and one guest over the best balance.
        const best = leastPeak(choices, weights);
        loads.forEach((load, index) =>
          assert.ok(load - 1 <= 1.25 * best * weights[index]!, `${say}: far from the best`),
        );
      }
    }
  });

  it("finds everybody room in 300 farms of hosts that overlap, where first choices alone would not do", () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = seededRandom(seed);
      const labels = ["a", "b", "c", "d"];
      const hosts = Array.from({ length: 6 }, (_, index) =>
        host(`h${index}`, {
          labels: Object.fromEntries(labels.filter(() => random() < 0.5).map((label) => [label, "1"])),
        }),
      );
      const guests = Array.from({ length: 30 }, (_, index) => {
        const label = labels[Math.floor(random() * labels.length)]!;
        return demand(`g${index}`, random() < 0.8 ? { labels: { [label]: "1" } } : {});
      });
      const able = guests.filter((guest) => allowedHosts(guest, hosts).length > 0);
      const caps = promisedCaps(
        able.map((guest) => allowedHosts(guest, hosts)),
        hosts.map(weightOf),
      );
      const result = placeGuests(guests, hosts);
      assert.deepEqual(
        result.placements.map((each) => each.guest),
        able.map((each) => each.guest),
        `seed ${seed}`,
      );
      hosts.forEach((each, index) => {
        const load = result.placements.filter(({ hypervisor }) => hypervisor === each.name).length;
        assert.ok(load <= caps[index]!, `seed ${seed}: ${load} of ${caps[index]!}`);
      });
    }
  });
});
