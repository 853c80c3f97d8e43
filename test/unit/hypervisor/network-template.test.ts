import assert from "node:assert/strict";
import { UserError } from "../../../definitions/user-error";
import { networkFromTemplate } from "../../../hypervisor/networks/network-template";
import { readNetworkXml } from "../../../hypervisor/networks/network-xml";
import type { NetworkSpec } from "../../../hypervisor/networks/spec";
import { sampleDomain } from "./sample-domain";

const HEAD = "<name>{{name}}</name><uuid>{{uuid}}</uuid>{{metadata}}";
const spec: NetworkSpec = {
  hypervisor: sampleDomain().hypervisor,
  owner: { farm: "f1", stack: "s", guest: "network a&b", version: "1" },
  name: "a&b",
  mode: "template",
  bridge: "br-ab",
  autostart: false,
  reservations: [{ mac: "52:54:00:00:00:01", address: "10.1.0.9", name: "web" }],
};

describe("a network from the user's template", () => {
  it("has our name, UUID and mark, and addresses among the user's own words", () => {
    const template = `<network>${HEAD}<bridge name='{{bridge}}'/><ip address='10.1.0.1' prefix='24'><dhcp>{{reservations}}</dhcp></ip></network>`;
    const { uuid, owner, bridge, gateway, reservations } = readNetworkXml(
      networkFromTemplate(template, spec, "u1"),
    );
    assert.deepEqual(
      { uuid, owner, bridge, gateway, reservations },
      {
        uuid: "u1",
        owner: spec.owner,
        bridge: "br-ab",
        gateway: "10.1.0.1/24",
        reservations: spec.reservations,
      },
    );
  });

  for (const [what, template, message] of [
    ["no XML", `<network>${HEAD}`, /is not XML: /],
    ["another thing", `<domain>${HEAD}</domain>`, /is no <network>, but a <domain>/],
    [
      "a network of another name",
      "<network><name>x-{{name}}</name><uuid>{{uuid}}</uuid>{{metadata}}</network>",
      /needs <name>/,
    ],
    [
      "a network of another UUID",
      "<network><name>{{name}}</name><!--{{uuid}}-->{{metadata}}</network>",
      /needs <uuid>/,
    ],
    [
      "a network without our mark",
      "<network><name>{{name}}</name><uuid>{{uuid}}</uuid><!--{{metadata}}--></network>",
      /needs \{\{metadata\}\}/,
    ],
  ] as const) {
    it(`is refused when it would be ${what}`, () => {
      assert.throws(
        () => networkFromTemplate(template, { ...spec, reservations: [] }),
        (error: unknown) => error instanceof UserError && message.test(error.message),
      );
    });
  }
});
