import assert from "node:assert/strict";
import { farm, mistakeOf } from "./fixtures";

const onNetwork = (networks: string, rest = "") => `
networks: {${networks}}
guests:
  list:
    - platform: tiny
      target: amd64
      nics: [{kind: user}, {kind: network, network: lab, address: 10.20.0.21}]
${rest}`;

describe("the address of a card", () => {
  it("is taken on a network that the farm makes, of any mode", () => {
    for (const mode of ["nat", "routed", "isolated"]) {
      const [guest] = farm(onNetwork(`lab: {mode: ${mode}, cidr: 10.20.0.0/24}`)).guests;
      assert.equal(guest?.nics[1]?.kind === "network" && guest.nics[1].address, "10.20.0.21");
    }
  });

  for (const [why, networks, what] of [
    [
      "exists already",
      "lab: {mode: existing}",
      /"tiny-amd64" .* network "lab" exists already and is left as it is/,
    ],
    ["the farm does not name", "", /network "lab" is not one of the farm's/],
  ] as const) {
    it(`is refused on a network that ${why}, with place and ways out`, () => {
      const mistake = mistakeOf(() => farm(onNetwork(networks)));
      assert.match(mistake.what, what);
      assert.deepEqual(
        [mistake.file, mistake.line, mistake.path, mistake.found],
        ["stacks/s/farm.yaml", 7, "guests.list[0].nics[1].address", "10.20.0.21"],
      );
      assert.match(mistake.allowed ?? "", /a network that the farm makes/);
      for (const way of [
        /networks: \{lab: \{cidr/,
        /leave the address out/,
        /connection: \{type: ssh/,
        /seed:/,
      ])
        assert.match(mistake.remedy ?? "", way);
    });
  }

  it("needs a place in the template of the network", () => {
    const template = "<network><name>{{name}}</name><uuid>{{uuid}}</uuid>{{metadata}}</network>";
    const withTemplate = (text: string) =>
      farm(onNetwork("lab: {template: mine}"), { "templates/networks/mine.xml": text });
    const mistake = mistakeOf(() => withTemplate(template));
    assert.match(mistake.what, /the template of network "lab" has no \{\{reservations\}\}/);
    assert.deepEqual([mistake.path, mistake.line], ["guests.list[0].nics[1].address", 7]);
    assert.equal(withTemplate(`${template}{{reservations}}`).guests.length, 1);
  });

  it("is told once for all guests that have the card from one place", () => {
    const text = `
networks: {lab: {mode: existing}}
defaults: {nics: [{kind: network, network: lab, address: 10.20.0.21}]}
guests: {permutations: {platforms: [tiny], targets: [amd64]}}`;
    assert.equal(mistakeOf(() => farm(text)).path, "defaults.nics[0].address");
  });

  it("is taken for what the guest's own network configuration sets", () => {
    const seed = "      seed: {network: {version: 2, ethernets: {}}}\n";
    assert.equal(farm(onNetwork("lab: {mode: existing}", seed)).guests.length, 1);
  });

  it("is no matter on cards of other kinds", () => {
    const text = `
guests:
  list:
    - {platform: tiny, target: amd64, nics: [{kind: bridge, bridge: br0, address: 10.20.0.21/24}]}`;
    assert.equal(farm(text).guests.length, 1);
  });
});
