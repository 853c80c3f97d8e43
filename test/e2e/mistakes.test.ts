import assert from "node:assert/strict";
import { demoFarm } from "./support/demo-farm";
import { FarmUnderTest } from "./support/farm-under-test";
import { failed, says, succeeded } from "./support/outcomes";
import { stateOf, tinyFarm } from "./support/tiny-farm";

/** Each with the texts that the user has to see; one preview tells all mistakes of one kind of file. */
describe("mistakes of the user", () => {
  const farm = FarmUnderTest.fresh();
  const farmFile = `stacks/${farm.stack}/farm.yaml`;
  const phases = `stacks/${farm.stack}/phases`;

  before(() => farm.init());
  after(() => farm.remove());

  async function preview(...texts: readonly (string | RegExp)[]): Promise<void> {
    const run = failed(await farm.preview());
    says(run, ...texts);
    assert.equal(run.output.match(/error: /g)?.length, 1, `more than one error:\n${run.output}`);
  }

  it("a farm file that is not there", async () => {
    await preview(farmFile, "there is no farm file for this stack", "do: ");
  });

  it("a farm file that is no YAML", async () => {
    farm.write(farmFile, "guests:\n  list:\n    - { platform: tiny, target: amd64\nproject: {}\n");
    await preview(new RegExp(`${farmFile}:\\d+:\\d+: `));
  });

  it("misspelt keys and values of the wrong kind in a farm file, all at once", async () => {
    farm.write(
      farmFile,
      [
        "guests:",
        "  list:",
        "    - { platform: tiny, target: amd64, memroy: 256 }",
        "    - { platform: tiny, target: amd64, name: b, vcpus: many }",
        "    - { platform: tiny, target: amd64, name: c, powerOff: sometimes }",
        "projct: { id: demo }",
        "",
      ].join("\n"),
    );
    await preview(
      `${farmFile}:3:40: guests.list[0].memroy`,
      "memory",
      `${farmFile}:4:`,
      "vcpus",
      `${farmFile}:5:`,
      '"sometimes"',
      "auto",
      `${farmFile}:6:1: projct`,
    );
  });

  it("names of platforms, hypervisors and variables that there are not", async () => {
    farm.farm({
      hypervisors: { here: {} },
      guests: {
        list: [
          { platform: "tinny", target: "amd64" },
          { platform: "tiny", target: "amd46" },
          { platform: "tiny", target: "amd64", name: "b", hypervisor: "there" },
          { platform: "tiny", target: "amd64", name: "c", hostname: "${{ vars.nothing }}" },
        ],
      },
    });
    await preview(/tinny/, /tiny/, /amd46/, /amd64/, /there/, /here/, /nothing/, /farm\.yaml:\d+:\d+/);
  });

  it("circles of platforms, blocks without platforms, and two guests of one name, all at once", async () => {
    farm.farm({
      platforms: { one: { extends: "two" }, two: { extends: "one" } },
      guests: {
        permutations: { platforms: [], targets: ["amd64"] },
        list: [
          { platform: "tiny", target: "amd64", memory: 256 },
          { platform: "tiny", target: "amd64", memory: 512 },
          { platform: "one", target: "amd64" },
        ],
      },
    });
    await preview(
      /circle: one -> two -> one/,
      /guests\.permutations\.platforms: is not right/,
      /"tiny-amd64"/,
      /farm\.yaml:\d+:\d+/,
    );
  });

  it("a misspelt placeholder in a domain template", async () => {
    const template = `stacks/${farm.stack}/templates/default.xml`;
    farm.write(
      template,
      "<domain>{{name}}{{uuid}}{{metadata}}{{disks}}{{qemuArguments}}\n{{memroy}}</domain>",
    );
    farm.farm({ guests: { list: [{ platform: "tiny", target: "amd64" }] } });
    await preview(
      `${template}:2:1: the domain template uses an unknown placeholder`,
      "{{memroy}}",
      "memoryMiB",
    );
    farm.forgetFile(template);
  });

  const gone = { connection: "ssh://nobody@127.0.0.1:1" };

  it("a hypervisor that cannot be reached, where guests may live", async () => {
    farm.farm({
      hypervisors: { here: {}, gone },
      guests: { list: [{ platform: "tiny", target: "amd64" }] },
    });
    await preview(/hypervisor "gone" has not answered/, /found: .*tiny-amd64/, "make it reachable");
  });

  it("not one that no guest needs", async () => {
    farm.farm({
      hypervisors: { here: {}, gone },
      guests: { list: [{ platform: "tiny", target: "amd64", hypervisor: "here" }] },
    });
    succeeded(await farm.preview());
  });

  it("guests that no hypervisor can run, each with the reason of every hypervisor", async () => {
    const facts = {
      arches: { x86_64: { domainTypes: ["qemu"] } },
      cpus: 2,
      memoryMiB: 2048,
    };
    farm.farm({
      hypervisors: { here: { facts }, there: { ...gone, facts: { ...facts, memoryMiB: 1024 } } },
      guests: {
        list: [
          { platform: "tiny", target: "s390x" },
          { platform: "tiny", target: "amd64", memory: "4GiB" },
          { platform: "tiny", target: "amd64", name: "labelled", labels: { disk: "ssd" } },
        ],
      },
    });
    await preview(
      /no hypervisor can run guest "tiny-s390x" \(s390x[^\n]*\n\s+here: [^\n]*s390x[^\n]*\n\s+there: [^\n]*s390x/,
      /no hypervisor can run guest "tiny-amd64"[^\n]*\n\s+here: [^\n]*2048/,
      /no hypervisor can run guest "labelled"[^\n]*\n\s+here: [^\n]*disk=ssd/,
    );
  });

  it("every kind of mistake in phase files, all at once", async () => {
    farm.farm(demoFarm({ vars: { greeting: "hello" } }));
    farm.write(`${phases}/dependencies.yaml`, "steps:\n  - run: 'never closed\n");
    farm.write(
      `${phases}/init.yaml`,
      "steps:\n  - rnu: make\n  - run: make\n    copy: also\n    to: there\n  - run: make\n    timeout: soon\n",
    );
    farm.write(
      `${phases}/main.yaml`,
      [
        "steps:",
        "  - run: echo ${{ vars.greting }}",
        "  - script: scripts/nothing.sh",
        "  - copy: /etc/passwd",
        "    to: stolen",
        "  - include: nothing.yaml",
        "  - run: echo ${{ vars.greeting",
        "  - run: echo $((1 + ${{ vars.greeting }}))",
        "  - run: make",
        "    user: somebody",
        "  - restoreCheckpoint: never made",
        "",
      ].join("\n"),
    );
    farm.write(`${phases}/terminate.yaml`, "- run: no steps\n");
    farm.write(`${phases}/vars.yaml`, "just a text\n");
    const at = (file: string, line: number) => new RegExp(`${phases}/${file}:${line}:\\d+: `);
    await preview(
      at("dependencies.yaml", 3),
      at("init.yaml", 2),
      "rnu",
      at("init.yaml", 4),
      at("init.yaml", 7),
      '"soon"',
      at("main.yaml", 2),
      "greting",
      "greeting",
      at("main.yaml", 3),
      at("main.yaml", 4),
      at("main.yaml", 6),
      at("main.yaml", 7),
      at("main.yaml", 11),
      at("terminate.yaml", 1),
      new RegExp(`${phases}/vars.yaml:1:`),
    );
  });

  it("a phase file whose name is misspelt, as a warning: it may be there for another purpose", async () => {
    const other = FarmUnderTest.fresh();
    try {
      await other.init();
      other.farm(tinyFarm());
      other.phase("tiny/amd64/initt.yaml", { run: "true" });
      const run = succeeded(await other.preview());
      says(run, `stacks/${other.stack}/phases/tiny/amd64/initt.yaml: no phase has this name`, '"init.yaml"?');
    } finally {
      await other.remove();
    }
  });

  it("leave nothing behind when nobody has previewed", async () => {
    failed(await farm.up());
    const { output } = await farm.pulumi("stack", "export", "-s", farm.stack);
    const state = JSON.parse(output) as { deployment: { resources?: { type: string }[] } };
    const types = (state.deployment.resources ?? []).map(({ type }) => type);
    assert.deepEqual(
      types.filter((type) => type !== "pulumi:pulumi:Stack"),
      [],
    );
    assert.equal(stateOf(farm), "missing");
  });
});
