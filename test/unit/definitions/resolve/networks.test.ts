import assert from "node:assert/strict";
import { farm, mistakeOf } from "./fixtures";

const GUESTS = "guests: {list: [{platform: tiny, target: amd64}]}";
const TEMPLATE = "<network><name>{{name}}</name><uuid>{{uuid}}</uuid>{{metadata}}</network>";

describe("networks of a farm", () => {
  const networks = (text: string, template = TEMPLATE) =>
    farm(`networks: {lan: {${text}}}\n${GUESTS}`, { "templates/networks/mine.xml": template }).networks;

  it("are NAT unless they say otherwise", () => {
    const [lan] = networks("cidr: 10.0.0.0/24");
    assert.deepEqual([lan?.mode, lan?.cidr, lan?.autostart], ["nat", "10.0.0.0/24", false]);
  });

  it("have the user's definition, which is no guest's template", () => {
    const [lan] = networks("template: mine, autostart: true");
    assert.deepEqual([lan?.mode, lan?.template, lan?.autostart], ["template", TEMPLATE, true]);
  });

  it("may say the bridge of a template that asks for it", () => {
    const [lan] = networks("template: mine, bridge: br7", `${TEMPLATE}{{bridge}}`);
    assert.equal(lan?.bridge, "br7");
  });

  const refused: readonly (readonly [string, string, RegExp])[] = [
    ["mode: isolated", TEMPLATE, /mode isolated needs a cidr[^]*existing/],
    ["template: mien", TEMPLATE, /no network template "mien"[^]*mine[^]*templates\/networks\/mien\.xml/],
    ["template: mine, cidr: 10.0.0.0/24", TEMPLATE, /no cidr of its own/],
    ["template: mine, bridge: br7", TEMPLATE, /no bridge of its own/],
    [
      "template: mine",
      `${TEMPLATE}{{reservation}}`,
      /unknown placeholder[^]*\{\{reservation\}\}[^]*"\{\{reservations\}\}"/,
    ],
    ["template: mine", TEMPLATE.replace("{{metadata}}", ""), /leaves out \{\{metadata\}\}/],
    ["template: mine", `${TEMPLATE}<name>my-{{name}}</name>`, /another name[^]*<name>\{\{name\}\}<\/name>/],
    ["template: mine", `${TEMPLATE}\n\${{ stack }}`, /has no expressions[^]*write the value itself/],
  ];
  for (const [text, template, said] of refused) {
    it(`are refused with ${text} and ${template === TEMPLATE ? "a good" : "a wrong"} template`, () => {
      const { what, file = "", found, allowed, remedy } = mistakeOf(() => networks(text, template));
      assert.match([what, found, allowed, remedy].join("\n"), said);
      assert.match(file, /farm\.yaml|templates\/networks\/mine\.xml/);
    });
  }
});
