import assert from "node:assert/strict";
import { farm, mistakeOf } from "./fixtures";

const guests = "guests: {permutations: {platforms: [tiny, fedora], targets: [amd64, arm64]}}";
const project = (text: string, files = {}, config = {}) => farm(`${guests}\n${text}`, files, config).project;

describe("projects", () => {
  it("may be none", () => assert.equal(project(""), null));

  it("keep the names of the seeds: example_04.vde, revision 0", () => {
    const resolved = project("project: {id: example_04.vde, revision: 0, phases: provision_phases/VDE}");
    assert.deepEqual(resolved, {
      name: "example_04.vde",
      id: "example_04.vde",
      revision: "0",
      phasesFolder: "provision_phases/VDE",
      vars: {},
      secrets: {},
      runMain: "onChange",
      settings: {},
      guests: ["tiny-amd64", "tiny-arm64", "fedora-amd64", "fedora-arm64"],
      declaredAt: {
        phases: "stacks/s/farm.yaml:2:52 project.phases",
        secrets: "stacks/s/farm.yaml:2:10 project.secrets",
      },
    });
  });

  const revisions: readonly (readonly [string, string])[] = [
    ["7", "7"],
    ['"1.10"', "1.10"],
    ["v2", "v2"],
    ["1.2.3", "1.2.3"],
  ];
  for (const [written, expected] of revisions) {
    it(`take ${written} as the revision ${expected}`, () => {
      assert.equal(project(`project: {id: a, revision: ${written}}`)?.revision, expected);
    });
  }
  for (const written of ["1.0", "1.10", "1e3", "0x10", "-1", "12345678901234567890"]) {
    it(`refuse the revision ${written} and say how to quote it`, () => {
      const mistake = mistakeOf(() => project(`project: {id: a, revision: ${written}}`));
      assert.equal(mistake.path, "project.revision");
      assert.match(mistake.remedy ?? "", new RegExp(`"${written.replace(".", "\\.")}"`));
    });
  }
  it("refuse true, lists and slashes as revisions", () => {
    for (const written of ["true", "[1]", "a/b"])
      mistakeOf(() => project(`project: {id: a, revision: ${written}}`));
  });

  const two = {
    "projects/vde.yaml": "id: example_04.vde\nrevision: 0",
    "projects/other.yml": "revision: 3\nvars: {a: 1}",
  };

  it("are chosen by the configuration, else by the farm file (F88)", () => {
    assert.equal(project("project: vde", two)?.id, "example_04.vde");
    assert.equal(project("project: vde", two, { project: "other" })?.id, "other");
    const all = farm(`${guests}\nproject: vde`, two).projects;
    assert.deepEqual(
      all.map(({ name, phasesFolder }) => [name, phasesFolder]),
      [
        ["other", "phases/other"],
        ["vde", "phases/vde"],
      ],
    );
  });

  it("need no choice when there is one", () => assert.equal(project("projects: {only: {}}")?.name, "only"));

  it("need a choice when there are several", () => {
    const mistake = mistakeOf(() => project("", two));
    assert.match(mistake.what, /several projects/);
    assert.equal(mistake.allowed, "one of other, vde");
  });

  it("refuse an unknown choice, with the nearest name", () => {
    assert.match(mistakeOf(() => project("project: vde", two, { project: "vd" })).remedy ?? "", /"vde"/);
    assert.equal(mistakeOf(() => project("project: vdee", two)).path, "project");
  });

  it("take revision and runMain from the configuration first", () => {
    const chosen = project("project: {id: a, revision: 1}", {}, { revision: "2", runMain: "always" });
    assert.deepEqual([chosen?.revision, chosen?.runMain], ["2", "always"]);
    for (const config of [
      { revision: 1.5 },
      { runMain: "sometimes" },
      { allowedPhases: ["mian"] },
      { imageSource: "web" },
    ]) {
      assert.match(
        mistakeOf(() => project("project: {id: a}", {}, config)).path ?? "",
        /stack configuration/,
      );
    }
  });

  it("run in the guests that they name", () => {
    const chosen = (filter: string) => project(`project: {id: a, guests: ${filter}}`)?.guests;
    assert.deepEqual(chosen("[tiny-amd64]"), ["tiny-amd64"]);
    assert.deepEqual(chosen('["*-arm64"]'), ["tiny-arm64", "fedora-arm64"]);
    assert.deepEqual(chosen("{platforms: [fedora], targets: [amd64]}"), ["fedora-amd64"]);
    assert.match(mistakeOf(() => chosen("[tiny-amd46]")).remedy ?? "", /"tiny-amd64"/);
  });

  it("do not run in guests that are kept running", () => {
    const text =
      "guests: {list: [{platform: tiny, target: amd64, keepRunning: true}, {platform: tiny, target: arm64}]}\nproject: {id: a}";
    assert.deepEqual(farm(text).project?.guests, ["tiny-arm64"]);
    const named = (guest: string) => farm(text.replace("{id: a}", `{id: a, guests: [${guest}]}`));
    assert.match(mistakeOf(() => named("tiny-amd64")).found ?? "", /keepRunning/);
    assert.deepEqual(named('"tiny-*"').project?.guests, ["tiny-arm64"]);
  });

  it("name the secrets that they use", () => {
    assert.deepEqual(project("project: {id: a, secrets: [token]}")?.secrets, { token: "token" });
    assert.deepEqual(project("project: {id: a, secrets: {t: vault-token}}")?.secrets, { t: "vault-token" });
  });

  it("leave expressions in vars to the phases, and refuse them elsewhere", () => {
    assert.deepEqual(project("project: {id: a, vars: {x: '${{ guest.name }}'}}")?.vars, {
      x: "${{ guest.name }}",
    });
    assert.match(mistakeOf(() => project("project: {id: '${{ stack }}'}")).what, /cannot stand here/);
  });

  it("need an id", () => assert.equal(mistakeOf(() => project("project: {revision: 1}")).path, "project.id"));
});
