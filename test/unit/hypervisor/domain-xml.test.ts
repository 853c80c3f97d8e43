import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../../definitions/user-error";
import { domainXml } from "../../../hypervisor/domain/xml/domain-xml";
import { sameMachine } from "../../../hypervisor/domain/xml/machine";
import { readDefinition } from "../../../hypervisor/domain/xml/read-definition";
import { GOLDEN_DOMAINS } from "./golden-domains";
import { sampleDomain, samplePlan } from "./sample-domain";

describe("domain XML", () => {
  for (const [name, spec] of Object.entries(GOLDEN_DOMAINS)) {
    it(`of ${name} is as it was (UPDATE_GOLDEN=1 accepts what it is now)`, () => {
      const file = join(__dirname, "golden", `${name}.xml`);
      const xml = `${domainXml(samplePlan(spec))}\n`;
      if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, xml);
      assert.ok(existsSync(file), `${file} is missing`);
      assert.equal(xml, readFileSync(file, "utf8"));
    });

    it(`of ${name} reads back as what was asked for`, () => {
      const read = readDefinition(domainXml(samplePlan(spec)));
      const asked = spec.nics.map((nic) => (nic.kind === "network" ? { ...nic, address: undefined } : nic));
      const byMac = (a: { mac: string }, b: { mac: string }) => (a.mac < b.mac ? -1 : 1);
      assert.deepEqual(read.owner, spec.owner);
      assert.equal(read.name, spec.name);
      assert.equal(read.memoryMiB, spec.memoryMiB);
      assert.equal(read.vcpus, spec.vcpus);
      assert.deepEqual(read.firmware, spec.firmware);
      assert.deepEqual(
        JSON.parse(JSON.stringify([...read.nics].sort(byMac))),
        JSON.parse(JSON.stringify([...asked].sort(byMac))),
      );
    });
  }

  it("gives an ejected seed an empty drive, not none", () => {
    const plan = samplePlan(sampleDomain({ seed: { "user-data": "x" } }));
    const xml = domainXml({ ...plan, layout: { ...plan.layout, seed: null } });
    assert.deepEqual(
      readDefinition(xml).disks.filter(({ kind }) => kind === "cdrom"),
      [{ device: "hda", bus: "ide", kind: "cdrom", source: null, format: "raw", readOnly: true }],
    );
  });

  it("holds no text of the seed", () => {
    const xml = domainXml(samplePlan(sampleDomain({ seed: { "user-data": "hunter2" } })));
    assert.ok(!xml.includes("hunter2"));
  });

  it("gives every card outside libvirt an address of its own, away from libvirt's", () => {
    const nics = Array.from({ length: 10 }, (_, index) => ({
      kind: "user" as const,
      mac: `52:54:00:00:00:0${index}`,
      forwards: [],
    }));
    const xml = domainXml(samplePlan(sampleDomain({ nics })));
    const slots = [...xml.matchAll(/addr=0x([0-9a-f]+)/g)].map((match) => parseInt(match[1] ?? "", 16));
    assert.equal(new Set(slots).size, 10);
    assert.ok(slots.every((slot) => slot >= 0x10 && slot < 0x1a));
  });

  it("puts such cards on the bus that was asked for, else on the machine's own (F40)", () => {
    const nics = [{ kind: "user" as const, mac: "52:54:00:00:00:01", forwards: [] }];
    const busOf = (spec: Parameters<typeof sampleDomain>[0]) =>
      /,bus=([^,]*),addr/.exec(domainXml(samplePlan(sampleDomain({ nics, ...spec }))))?.[1];
    assert.equal(busOf({ arch: "x86_64", machine: "pc" }), "pci.0");
    assert.equal(busOf({ arch: "x86_64", machine: "q35" }), "pcie.0");
    assert.equal(busOf({ arch: "ppc64le", machine: "pseries" }), "pci.0");
    assert.equal(busOf({ arch: "x86_64", machine: "q35", defaultBus: "pcie.1" }), "pcie.1");
  });

  it("cannot be given more QEMU options through a value", () => {
    const nics = [{ kind: "vde" as const, mac: "52:54:00:00:00:01,addr=3", socket: "a,script=/x" }];
    const xml = domainXml(samplePlan(sampleDomain({ nics })));
    assert.match(xml, /sock=a,,script=\/x"/);
    assert.match(xml, /mac=52:54:00:00:00:01,,addr=3,/);
  });

  it("refuses characters that XML cannot hold", () => {
    assert.throws(() => domainXml(samplePlan(sampleDomain({ name: "a\u0001b" }))));
  });

  describe("machine names", () => {
    for (const [wanted, found, same] of [
      ["pc", "pc-i440fx-7.2", true],
      ["pc", "pc-q35-7.2", false],
      ["q35", "pc-q35-7.2", true],
      ["virt", "virt-7.2", true],
      ["virt", "virtual", false],
      ["pseries", "pseries-7.2", true],
      ["s390-ccw-virtio", "s390-ccw-virtio-7.2", true],
      ["pc-i440fx-7.2", "pc-i440fx-7.2", true],
      ["pc-i440fx-7.2", "pc-i440fx-8.0", false],
    ] as const) {
      it(`${wanted} and ${found} are ${same ? "" : "not "}the same wish`, () => {
        assert.equal(sameMachine(wanted, found), same);
      });
    }
  });
});

describe("domain templates", () => {
  const whole = `<domain type="{{type}}" xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0">
    <name>{{name}}</name><uuid>{{ uuid }}</uuid>{{metadata}}
    <memory unit="MiB">{{memoryMiB}}</memory><vcpu>{{vcpus}}</vcpu>{{os}}{{features}}{{cpu}}
    <devices>{{emulator}}{{disks}}{{controllers}}{{nics}}{{console}}{{agent}}{{rng}}</devices>
    <qemu:commandline>{{qemuArguments}}</qemu:commandline></domain>`;

  const render = (template: string, name = "pc") =>
    domainXml(samplePlan({ ...(GOLDEN_DOMAINS[name] ?? sampleDomain()), template }));

  it("give the same definition as the built-in one when they say the same", () => {
    const spec = GOLDEN_DOMAINS["pc"] ?? sampleDomain();
    assert.deepEqual(readDefinition(render(whole)), readDefinition(domainXml(samplePlan(spec))));
  });

  it("escape values for text and attributes", () => {
    assert.match(render(whole), /<name>a &quot;quoted&quot; &lt;name&gt; &amp; &apos;more&apos;<\/name>/);
  });

  it("with an unknown placeholder are refused, all of them at once, with the known ones", () => {
    assert.throws(
      () => render(`${whole}{{memroy}}{{ x y }}`),
      (error: unknown) => {
        assert.ok(error instanceof UserError);
        assert.deepEqual(
          error.mistakes.map(({ found }) => found),
          ["{{memroy}}", "{{x y}}"],
        );
        assert.match(error.mistakes[0]?.allowed ?? "", /memoryMiB/);
        return true;
      },
    );
  });

  for (const name of ["name", "uuid", "metadata", "disks", "qemuArguments"]) {
    it(`without {{${name}}} are refused`, () => {
      const template = whole.replace(new RegExp(`\\{\\{ ?${name} ?\\}\\}`), "");
      assert.throws(() => render(template), new RegExp(`leaves out {{${name}}}`));
    });
  }

  it("do not look for placeholders in the values that they put in", () => {
    const spec = sampleDomain({ name: "{{uuid}}" });
    const template = whole.replace("{{qemuArguments}}", "");
    assert.match(domainXml(samplePlan({ ...spec, template })), /<name>\{\{uuid\}\}<\/name>/);
  });
});
