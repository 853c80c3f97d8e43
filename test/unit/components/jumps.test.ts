import assert from "node:assert/strict";
import { checkJumps, passedFirst, viaOf } from "../../../components/farm/jumps";
import type { PlacedGuest } from "../../../definitions/placement/place-farm";
import { placed } from "./sample-farm";

/** Guests by name, each with the guests or machines that it is reached over, on a hypervisor. */
function guests(
  ways: Readonly<Record<string, { jump?: unknown; on?: string }>>,
): readonly [PlacedGuest, ...PlacedGuest[]] {
  const list = Object.keys(ways).map((name) => ({ platform: "tiny", target: "amd64", name }));
  const all = placed({ hypervisors: { here: {} }, guests: { list } });
  return all.map((guest) => {
    const { jump = true, on = "here" } = ways[guest.name] ?? {};
    return { ...guest, hypervisor: on, way: { jump } } as PlacedGuest;
  }) as [PlacedGuest, ...PlacedGuest[]];
}
const over = (...names: string[]) => ({ jump: names.map((guest) => ({ guest })) });

/** What an error of a farm in code says: the argument, the place, and what is wrong with it. */
function said(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new assert.AssertionError({ message: "nothing was refused" });
}

describe("guests that are reached over others", () => {
  it("come after them, and stay in their order otherwise", () => {
    const sorted = passedFirst(guests({ a: over("c"), b: {}, c: over("d"), d: {} }));
    assert.deepEqual(
      sorted.map(({ name }) => name),
      ["d", "c", "a", "b"],
    );
  });

  it("are refused in a loop, with all that is in it, the place and what to do", () => {
    assert.equal(
      said(() => checkJumps(guests({ a: over("b"), b: over("a") }))),
      [
        'guests.a.connection.jump: farm.yaml:5:7 guests.list[0]: connection.jump: guest "a" would be reached over itself',
        "  found:   a over b over a",
        "  allowed: a way that ends at a guest, or a machine, that is reached without them",
        "  do:      take one guest of the loop out of its connection.jump",
      ].join("\n"),
    );
  });

  it("are refused over one that there is not, with those that there are", () => {
    const text = said(() => checkJumps(guests({ gate: {}, a: over("gat") })));
    assert.match(text, /^guests\.a\.connection\.jump: farm\.yaml:/);
    assert.match(text, /found: {3}gat\n.*one of gate, a\n.*did you mean "gate"\?$/);
  });

  it("are refused over one that is only made later, with both hypervisors and what to do", () => {
    const all = guests({ a: { ...over("inner"), on: "here" }, inner: { on: "deep" } });
    checkJumps(all);
    const text = said(() => viaOf(all[0], new Map(), all));
    assert.match(text, /^guests\.a\.connection\.jump: farm\.yaml:.*guest "inner".*is only made after it\n/);
    assert.match(text, /found: {3}"inner" lives on hypervisor "deep", "a" on "here"\n/);
    assert.match(text, /allowed: a guest on "here"/);
    assert.match(
      text,
      /do: {6}write hypervisor: deep into guest "a", or name hypervisor "deep" before "here"$/,
    );
  });

  it("need nobody with `jump: false`, the hypervisor's host with `true`, and bastions as they are written", () => {
    const all = guests({ off: { jump: false }, on: { jump: true }, far: { jump: ["me@gate:2222", "yard"] } });
    const [off, on, far] = all as unknown as [PlacedGuest, PlacedGuest, PlacedGuest];
    assert.deepEqual(viaOf(off, new Map(), all), []);
    assert.equal(viaOf(on, new Map(), all), undefined);
    assert.deepEqual(viaOf(far, new Map(), all), [
      { type: "ssh", user: "me", host: "gate", port: 2222 },
      { type: "ssh", host: "yard" },
    ]);
  });
});
