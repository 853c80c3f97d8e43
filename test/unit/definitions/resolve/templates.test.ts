import assert from "node:assert/strict";
import { PLACEHOLDERS } from "../../../../definitions/domain-template";
import { farm, mistakeOf, mistakesOf } from "./fixtures";

const ALL = `{{name}} {{uuid}} {{metadata}} {{disks}} {{qemuArguments}}`;
const ONE = 'guests: {list: [{platform: tiny, target: amd64, role: "a<b & {{uuid}}", memory: 300}]}';
const templateOf = (text: string, farmFile = ONE) =>
  farm(farmFile, { "templates/default.xml": text }).guests[0]?.template?.text;

describe("domain templates of a farm", () => {
  it("are left alone without expressions, every placeholder in them", () => {
    const text = PLACEHOLDERS.map((name) => `{{ ${name} }}`).join("\n");
    assert.equal(templateOf(text), text);
  });

  it("see what the guest's definition sees, its own keys among it, escaped for XML (F14)", () => {
    const text = `${ALL} <m n="\${{ guest.memory }}" s='\${{ stack }}'>\${{ guest.role }}\${{ target.arch }}</m>`;
    assert.equal(
      templateOf(text),
      `${ALL} <m n="300" s='s'>a&#60;b &#38; &#123;&#123;uuid&#125;&#125;x86_64</m>`,
    );
  });

  it("differ between guests that differ", () => {
    const list =
      "guests: {list: [{platform: tiny, target: amd64, name: a, slot: 1}, {platform: tiny, target: amd64, name: b, slot: 2}]}";
    const { guests } = farm(list, { "templates/default.xml": `${ALL}<!-- \${{ guest.slot }} -->` });
    assert.deepEqual(
      guests.map(({ template }) => template?.text.slice(ALL.length)),
      ["<!-- 1 -->", "<!-- 2 -->"],
    );
  });

  it("with mistakes are refused before anything is made, all at once, with line and column", () => {
    const text = `<domain>\n  {{name}} {{uuid}} {{metadata}} {{memroy}}\n  \${{ gest.role }} {{ role }}\n</domain>`;
    const mistakes = mistakesOf(() => templateOf(text, "guests: {list: []}"));
    assert.deepEqual(
      mistakes.map(({ file, line, column, what, found }) => [file, line, column, what, found]),
      [
        [
          "stacks/s/templates/default.xml",
          2,
          34,
          "the domain template uses an unknown placeholder",
          "{{memroy}}",
        ],
        [
          "stacks/s/templates/default.xml",
          3,
          20,
          "the domain template uses an unknown placeholder",
          "{{role}}",
        ],
        [
          "stacks/s/templates/default.xml",
          undefined,
          undefined,
          "the domain template leaves out {{disks}}",
          undefined,
        ],
        ["stacks/s/templates/default.xml", 3, 7, 'there is no name "gest"', "gest"],
      ],
    );
    assert.match(mistakes[1]?.remedy ?? "", /\$\{\{ guest\.role \}\}/);
  });

  it("give a domain no other name and UUID than those by which it is found again", () => {
    const text = `<domain>\n<!-- <name>x</name> -->\n <name>x{{name}}</name>\n<uuid>{{uuid}}</uuid> {{metadata}} {{disks}}</domain>`;
    const wrong = mistakeOf(() => templateOf(text, "guests: {list: []}"));
    assert.deepEqual(
      [wrong.file, wrong.line, wrong.column, wrong.found, wrong.allowed],
      ["stacks/s/templates/default.xml", 3, 2, "<name>x{{name}}</name>", "<name>{{name}}</name>"],
    );
    const fixed = text.replace("x{{name}}", " {{ name }} ").replace("{{uuid}}</uuid>", "1</uuid>{{uuid}}");
    assert.match(mistakeOf(() => templateOf(fixed, "guests: {list: []}")).found ?? "", /<uuid>1<\/uuid>/);
  });

  it("tell an expression that a guest cannot answer, and one that never ends", () => {
    const unknown = mistakeOf(() => templateOf(`${ALL}\n\${{ guest.rolle }}`));
    assert.deepEqual([unknown.file, unknown.line], ["stacks/s/templates/default.xml", 2]);
    assert.match(unknown.remedy ?? "", /"role"/);
    assert.equal(mistakeOf(() => templateOf(`${ALL}\n\${{ guest.role`)).line, 2);
  });

  it("need the arguments of QEMU for cards that libvirt does not know, and only for those", () => {
    const without = ALL.replace("{{qemuArguments}}", "");
    assert.match(mistakeOf(() => templateOf(without)).what, /leaves out \{\{qemuArguments\}\}.*"tiny-amd64"/);
    const bridged =
      "guests: {list: [{platform: tiny, target: amd64, nics: [{kind: bridge, bridge: br0}], connection: agent}]}";
    assert.equal(templateOf(without, bridged), without);
  });
});
