import assert from "node:assert/strict";
import { ipv4Network, ipv4Number } from "../../../../definitions/ipv4";
import { farm, mistakesOf } from "./fixtures";

const guest = (name: string, nic: string, rest = "") =>
  `    - { platform: tiny, target: amd64, name: ${name}, nics: [${nic}]${rest} }`;
const lab = (address: string) => `{ kind: network, network: lab, address: ${address} }`;
const withGuests = (guests: readonly string[], networks = "lab: { cidr: 10.77.9.0/24 }") =>
  `networks: { ${networks} }\nguests:\n  list:\n${guests.join("\n")}\n`;

describe("fixed addresses of a farm", () => {
  for (const [address, said] of [
    ["10.77.10.5", /not in network "lab"[^]*10\.77\.9\.1 to 10\.77\.9\.254/],
    ["10.77.9.0", /network "lab" itself/],
    ["10.77.9.255", /broadcast/],
    ["10.77.9.1", /the hypervisor/],
    ["10.77.9.022", /zeros in front/],
    ["10.77.9.256", /an IP address/],
    ["nonsense", /an IP address/],
    ["10.77.9.5/33", /an IP address/],
  ] as const) {
    it(`are refused where no guest can have them: ${address}`, () => {
      const [mistake, ...others] = mistakesOf(() => farm(withGuests([guest("a", lab(address))])));
      assert.deepEqual(others, []);
      assert.match(`${mistake?.what} ${mistake?.allowed}`, said);
      assert.deepEqual(
        [mistake?.line, mistake?.path, mistake?.found?.replaceAll('"', "")],
        [4, "guests.list[0].nics[0].address", address],
      );
    });
  }

  it("are refused where two cards have one", () => {
    const two = (other: string) => withGuests([guest("a", lab("10.77.9.5")), other]);
    const [mistake] = mistakesOf(() => farm(two(guest("b", lab("10.77.9.5/24")))));
    assert.match(mistake?.what ?? "", /"a" and "b" have the same address/);
    assert.equal(mistake?.line, 5);
    const own = withGuests([guest("a", `${lab("10.77.9.5")}, ${lab("10.77.9.5")}`)]);
    assert.match(mistakesOf(() => farm(own))[0]?.what ?? "", /two cards of guest "a"/);
    assert.equal(farm(two(guest("b", lab("10.77.9.6")))).guests.length, 2);
  });

  it("may be the same on two hypervisors, each of which has the network", () => {
    const on = (name: string) => guest(name, lab("10.77.9.5"), `, hypervisor: ${name}`);
    assert.equal(farm(`hypervisors: { a: {}, b: {} }\n${withGuests([on("a"), on("b")])}`).guests.length, 2);
  });

  for (const [text, said] of [
    ["{ kind: user, mac: 'ff:ff:ff:ff:ff:ff' }", /one card/],
    ["{ kind: user, mac: '01:00:5e:00:00:01' }", /one card/],
    ["{ kind: user, mac: '00:00:00:00:00:00' }", /all zeros/],
    ["{ kind: user, forwards: [{ guestPort: 22, hostAddress: nowhere }] }", /IP address of the hypervisor/],
  ] as const) {
    it(`are refused with ${text}`, () => {
      const [mistake, ...others] = mistakesOf(() => farm(withGuests([guest("a", text)])));
      assert.match(mistake?.allowed ?? "", said);
      assert.deepEqual(others, []);
    });
  }
});

describe("networks of a farm beside each other", () => {
  const refused = (networks: string) =>
    mistakesOf(() => farm(withGuests([guest("a", "{ kind: user }")], networks)));

  for (const cidr of ["10.300.0.0/24", "10.20.0.0/30", "10.20.0.0/4", "10.020.0.0/24", "10.20.0.255/24"]) {
    it(`are refused with the cidr ${cidr}`, () => {
      const [mistake, ...others] = refused(`lab: { cidr: ${cidr} }`);
      assert.match(mistake?.allowed ?? "", /a prefix from 8 to 29/);
      assert.deepEqual([mistake?.path, others], ["networks.lab.cidr", []]);
    });
  }

  it("are refused where they overlap, or have one bridge", () => {
    const [overlap] = refused("a: { cidr: 10.0.0.0/16 }, b: { cidr: 10.0.5.0/24 }");
    assert.match(overlap?.what ?? "", /"a" and "b" have addresses in common/);
    assert.equal(overlap?.path, "networks.b.cidr");
    const [bridge] = refused("a: { cidr: 10.0.0.0/24, bridge: br7 }, b: { cidr: 10.0.1.0/24, bridge: br7 }");
    assert.match(bridge?.what ?? "", /same bridge/);
    assert.equal(bridge?.path, "networks.b.bridge");
  });

  it("may overlap on different hypervisors", () => {
    const apart = "x: { cidr: 10.0.0.0/24, hypervisors: [a] }, y: { cidr: 10.0.0.0/24, hypervisors: [b] }";
    assert.equal(
      farm(`hypervisors: { a: {}, b: {} }\n${withGuests([guest("g", "{ kind: user }")], apart)}`).networks
        .length,
      2,
    );
  });
});

describe("an IPv4 address", () => {
  it("is read as everybody reads it, or not at all", () => {
    assert.equal(ipv4Number("10.0.0.1"), 167_772_161);
    for (const text of ["", "1.2.3", "1.2.3.4.5", "1.2.3.04", "1.2.3.256", " 1.2.3.4", "0x1.2.3.4"])
      assert.equal(ipv4Number(text), undefined, text);
    assert.deepEqual(ipv4Network("10.0.0.9/29"), {
      first: 167_772_168,
      last: 167_772_175,
      written: 167_772_169,
    });
    for (const text of ["1.2.3.4", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/8/8"])
      assert.equal(ipv4Network(text), undefined);
  });
});
