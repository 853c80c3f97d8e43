import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { resolveFarm } from "../../../definitions";
import { NetworkDefinition } from "../../../definitions/schemas/farm";
import { PLACEHOLDERS } from "../../../definitions/domain-template";
import { domainXml } from "../../../hypervisor/domain/xml/domain-xml";
import { readDefinition } from "../../../hypervisor/domain/xml/read-definition";
import { sampleDomain, samplePlan } from "../hypervisor/sample-domain";

const TEXT = readFileSync(join(__dirname, "../../../docs/farm-file.md"), "utf8");

function exampleOf(title: string): string {
  const found = [...TEXT.matchAll(/```yaml\n([^]*?)```/g)].find(([, yaml]) => yaml?.startsWith(`# ${title}`));
  assert.ok(found, title);
  return found[1] ?? "";
}

const farmOf = (title: string) =>
  resolveFarm({ stack: "s", farmFile: { name: "farm.yaml", text: exampleOf(title) }, files: {} });

describe("docs/farm-file.md says of", () => {
  it("guests what they are called", () => {
    const { guests } = farmOf("one guest on each of two hypervisors");
    const names = guests.map(({ name }) => name).sort();
    assert.deepEqual(names, [
      "alpine-amd64-1",
      "alpine-amd64-2",
      "alpine-amd64-3",
      "builder",
      "tiny-amd64-board",
      "tiny-amd64-notebook",
    ]);
    assert.equal(guests.find(({ name }) => name === "builder")?.domainName, "lab-builder");
  });

  it("a guest that is a hypervisor how it is written", () => {
    const { guests } = farmOf("a guest that is a hypervisor");
    assert.deepEqual(
      guests.map(({ isHypervisor, hypervisor }) => [isHypervisor === true, hypervisor]),
      [
        [true, "ground"],
        [false, "inner"],
      ],
    );
  });

  it("networks every key", () => {
    for (const key of Object.keys(NetworkDefinition.shape))
      assert.match(TEXT, new RegExp(`^\\| \`${key}\` \\|`, "m"));
    const [nic] = farmOf("networks and fixed addresses").guests[0]?.nics ?? [];
    assert.ok(nic?.kind === "network" && nic.address === "10.20.0.21");
  });

  it("seeds what a first boot gets", () => {
    const [guest] = farmOf("a first boot with users").guests;
    assert.deepEqual(guest?.seed?.packages, ["git"]);
    assert.deepEqual(guest.seed.users.at(-1)?.password, { secret: "myPassword" });
  });

  it("templates every placeholder, and an example that is what the built-in definition is, with one device more", () => {
    for (const name of PLACEHOLDERS) assert.ok(TEXT.includes(`{{${name}}}`), name);
    const template = /```xml\n([^]*?)```/.exec(TEXT)?.[1] ?? "";
    const { guests } = resolveFarm({
      stack: "s",
      farmFile: {
        name: "farm.yaml",
        text: "guests: {list: [{platform: tiny, target: amd64, sound: ich9}]}",
      },
      files: { "templates/default.xml": template },
    });
    const xml = domainXml(samplePlan(sampleDomain({ template: guests[0]?.template?.text ?? "" })));
    assert.match(xml, /<sound model="ich9"\/>/);
    assert.deepEqual(readDefinition(xml), readDefinition(domainXml(samplePlan(sampleDomain()))));
  });
});
