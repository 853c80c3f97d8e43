import assert from "node:assert/strict";
import {
  ansibleMacCandidates,
  ansiblePortCandidates,
  hostnameOf,
  macCandidates,
  portCandidates,
} from "../../../../definitions/names/identity";
import { PythonRandom } from "../../../../definitions/names/python-random";

describe("PythonRandom", () => {
  it("gives what CPython gives for a seed of text", () => {
    const random = new PythonRandom("guest-farm");
    const drawn = Array.from({ length: 5 }, () => random.randrange(0, 1_000_000));
    assert.deepEqual(drawn, [691874, 368827, 505885, 188280, 285745]);
  });

  it("draws numbers of more than 32 bits as CPython does", () => {
    assert.equal(new PythonRandom("").randint(0n, (1n << 80n) - 1n), 533954894924470249322362n);
  });
});

describe("identities compatible with ansible_farm", () => {
  const vectors: readonly (readonly [string, string, number])[] = [
    ["VM debian_vs_amd64", "52:54:00:98:18:10", 8361],
    ["VM debian_12_amd64", "52:54:00:e6:bb:84", 50205],
    ["VM debian_12_arm64", "52:54:00:2c:08:e7", 4480],
    ["VM Arch-Linux_amd64", "52:54:00:bc:53:10", 23465],
  ];
  for (const [name, mac, port] of vectors) {
    it(`makes ${mac} and ${port} for "${name}"`, () => {
      assert.equal(ansibleMacCandidates(name).next().value, mac);
      assert.equal(ansiblePortCandidates(name).next().value, port);
    });
  }
});

describe("our own identities", () => {
  const range = { from: 10000, to: 10009 };

  it("are the same for the same name and differ between cards", () => {
    const first = macCandidates("stack.a", 0).next().value;
    assert.equal(macCandidates("stack.a", 0).next().value, first);
    assert.match(first, /^52:54:00(:[0-9a-f]{2}){3}$/);
    assert.notEqual(macCandidates("stack.a", 1).next().value, first);
  });

  it("go through every port of the range before one comes again", () => {
    const ports = portCandidates("stack.a", 0, 22, range);
    const seen = new Set(Array.from({ length: 10 }, () => ports.next().value));
    assert.deepEqual(
      [...seen].sort(),
      Array.from({ length: 10 }, (_, i) => 10000 + i),
    );
  });
});

describe("hostnameOf", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["debian-12-amd64", /^debian-12-amd64$/],
    ["VM debian_12_amd64", /^vm-debian-12-amd64$/],
    ["ubuntu-24.04-amd64", /^ubuntu-24-04-amd64$/],
    ["a'b$(c)", /^a-b-c$/],
    ["日本", /^guest-[0-9a-f]{8}$/],
    ["x".repeat(100), /^x{54}-[0-9a-f]{8}$/],
  ];
  for (const [name, expected] of cases) {
    it(`makes a host name of ${name.slice(0, 20)}`, () => assert.match(hostnameOf(name), expected));
  }
});
