import { strict as assert } from "node:assert";
import { farm, mistakesOf } from "./fixtures";

const two = (first: string, second: string, hypervisors: string) => `
hypervisors: ${hypervisors}
guests:
  list:
    - {platform: tiny, target: amd64, name: one, ${first}}
    - {platform: tiny, target: amd64, name: two, ${second}}
`;
const NESTED = "{ground: {}, inner: {connection: {type: guest, guest: one}}}";

describe("a hypervisor that is a guest of the farm", () => {
  it("is known by the guest's name", () => {
    const { hypervisors } = farm(two("hypervisor: ground, memory: 1GiB", "hypervisor: inner", NESTED));
    assert.deepEqual(hypervisors[1]?.connection, { type: "guest", guest: "one" });
  });

  it("lives on the only hypervisor that is no guest, if nothing else is said", () => {
    const { guests } = farm(two("memory: 1GiB", "hypervisor: inner", NESTED));
    assert.deepEqual(
      guests.map(({ hypervisor }) => hypervisor),
      ["ground", "inner"],
    );
  });

  it("is known as one, and is no guest that projects build in", () => {
    const text = `${two("memory: 1GiB", "hypervisor: inner", NESTED)}project: {id: demo}\n`;
    const { guests, project } = farm(text);
    assert.deepEqual(
      guests.map(({ isHypervisor }) => isHypervisor === true),
      [true, false],
    );
    assert.deepEqual(project?.guests, ["two"]);
  });

  const bad: [string, string, RegExp, RegExp][] = [
    [
      "is not in the farm",
      two("memory: 64", "memory: 64", "{ground: {}, inner: {connection: {type: guest, guest: onee}}}"),
      /is a guest that the farm does not have/,
      /did you mean "one"/,
    ],
    [
      "has no certain place",
      two("memory: 64", "memory: 64", "{a: {}, b: {}, inner: {connection: {type: guest, guest: one}}}"),
      /has to be said where it lives/,
      /write hypervisor: NAME/,
    ],
    ["is reached by its agent", two("connection: agent", "memory: 64", NESTED), /reached over SSH/, /ssh/],
    ["stays on", two("keepRunning: true", "memory: 64", NESTED), /is only on while/, /take keepRunning out/],
    [
      "is to make data disks",
      two("memory: 1GiB", "hypervisor: inner, memory: 64, disks: [{name: data, size: 1GiB}]", NESTED),
      /wants a data disk that the farm makes/,
      /give the disk a path/,
    ],
    [
      "lives in itself",
      two("hypervisor: inner", "memory: 64", NESTED),
      /would live in itself/,
      /is no guest/,
    ],
    [
      "lives in another that lives in it",
      two(
        "hypervisor: second",
        "hypervisor: first",
        "{ground: {}, first: {connection: {type: guest, guest: one}}, second: {connection: {type: guest, guest: two}}}",
      ),
      /"first" would live in itself/,
      /is no guest/,
    ],
  ];
  it("is told in a loop with file, line, all levels, and what to do", () => {
    const hypervisors =
      "{ground: {}, first: {connection: {type: guest, guest: one}}, second: {connection: {type: guest, guest: two}}}";
    const [mistake] = mistakesOf(() =>
      farm(two("hypervisor: second", "hypervisor: first, memory: 64", hypervisors)),
    );
    assert.deepEqual(mistake, {
      file: "stacks/s/farm.yaml",
      line: 2,
      column: 47,
      path: "hypervisors.first.connection",
      what: 'hypervisor "first" would live in itself',
      found: "first in second in first",
      allowed: "guests in guests down to a hypervisor that is no guest",
      remedy: 'let guest "one" live on a hypervisor that is no guest',
    });
  });

  for (const [what, text, expected, remedy] of bad) {
    it(`is refused when it ${what}`, () => {
      const [mistake] = mistakesOf(() => farm(text));
      assert.match(mistake?.what ?? "", expected);
      assert.match(mistake?.remedy ?? "", remedy);
      assert.match(mistake?.path ?? "", /^hypervisors\.\w+\.connection/);
    });
  }
});
