import assert from "node:assert/strict";
import { farm, mistakesOf } from "./fixtures";

const nested = (hostMemory: string, inner = "") => `
hypervisors: {ground: {}, inner: {connection: {type: guest, guest: host}${inner}}}
guests:
  list:
    - {platform: tiny, target: amd64, name: host, memory: ${hostMemory}}
    - {platform: tiny, target: amd64, name: small, hypervisor: inner, memory: 100}
    - {platform: tiny, target: amd64, name: large, hypervisor: inner, memory: 300}
`;

describe("memory of a hypervisor that is a guest", () => {
  it("is enough when all of its guests fit beside what it needs itself", () => {
    assert.equal(farm(nested("656")).guests.length, 3);
  });

  it("is refused when they do not, with what would be enough", () => {
    const [mistake, ...others] = mistakesOf(() => farm(nested("655")));
    assert.equal(others.length, 0);
    assert.equal(
      mistake?.what,
      'the guests of hypervisor "inner" take 400 MiB at once, and guest "host" has 399 MiB for them',
    );
    assert.equal(mistake.found, "655 MiB, of which it needs 256 MiB itself");
    assert.match(mistake.remedy ?? "", /give guest "host" memory: 656/);
    assert.match(mistake.path ?? "", /^hypervisors\.inner\.connection/);
  });

  it("is counted for the largest guests that may run at once", () => {
    assert.equal(farm(nested("556", ", limits: {maxGuests: 1}")).guests.length, 3);
    const [mistake] = mistakesOf(() => farm(nested("555", ", limits: {maxGuests: 1}")));
    assert.match(mistake?.what ?? "", /take 300 MiB at once/);
  });

  it("says nothing of the guests of other hypervisors", () => {
    const text = nested("64").replaceAll("hypervisor: inner", "hypervisor: ground");
    assert.equal(farm(text).guests.length, 3);
  });
});
