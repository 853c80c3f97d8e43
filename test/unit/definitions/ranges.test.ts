import assert from "node:assert/strict";
import { RANGES } from "../../../definitions/ranges";
import { runLimit, shutDownLimit } from "../../../definitions/time-limits";
import { farm, mistakesOf } from "./resolve/fixtures";

const guest = (text: string) => `guests: {list: [{platform: tiny, target: amd64, ${text}}]}`;
const many = (count: number, what: string) => `[${Array.from({ length: count }, () => what).join(", ")}]`;

describe("numbers of a farm file", () => {
  for (const [text, path, allowed] of [
    ["readiness: {timeout: 3000000}", "readiness.timeout", /604800/],
    ["phaseTimeout: 1e-7", "phaseTimeout", /0\.001/],
    ["shutdown: {tries: 501}", "shutdown.tries", /1 to 500/],
    ["shutdown: {delay: 3601}", "shutdown.delay", /3600/],
    ["keep: 1001", "keep", /1 to 1000/],
    ["count: 1000000000", "count", /1 to 1000/],
    ["vcpus: 4097", "vcpus", /1 to 4096/],
    ["memory: 65TiB", "memory", /64 TiB/],
    ["memory: 1e15", "memory", /64 TiB/],
    ["rootDisk: {size: 0GiB}", "rootDisk.size", /1 MiB to 64 TiB/],
    ["rootDisk: {size: 1e-7}", "rootDisk.size", /1 MiB to 64 TiB/],
    ["rootDisk: {size: 99999TiB}", "rootDisk.size", /1 MiB to 64 TiB/],
    [`disks: ${many(300, "{size: 1}")}`, "disks", /64 disks at most/],
    [`nics: ${many(33, "{kind: user}")}`, "nics", /32 network cards at most/],
  ] as const) {
    it(`are refused with ${text.slice(0, 40)}`, () => {
      const [mistake, ...others] = mistakesOf(() => farm(guest(text)));
      assert.equal(mistake?.path, `guests.list[0].${path}`);
      assert.match(mistake.allowed ?? "", allowed);
      assert.deepEqual(others, []);
    });
  }

  it("may be the ends of their ranges", () => {
    const [made] = farm(
      guest("readiness: {timeout: 604800}, vcpus: 4096, memory: 64TiB, rootDisk: {size: 1MiB}, keep: 1000"),
    ).guests;
    assert.deepEqual([made?.memoryMiB, made?.rootDisk.sizeGiB], [64 * 1024 ** 2, 1 / 1024]);
  });

  it("never add up to more than a timer can last", () => {
    const most = RANGES.seconds.most * 1000;
    const longest = 2 ** 31 - 1;
    assert.equal(runLimit(4, most, most), longest);
    const delayMs = RANGES.shutdownDelay.most * 1000;
    assert.ok(shutDownLimit({ tries: RANGES.shutdownTries.most, delayMs }) <= longest);
  });
});
