import assert from "node:assert/strict";
import { stringify } from "yaml";
import type { GuestHandle } from "../../../components";
import { resolveFarm } from "../../../definitions";
import { projectPart } from "../../../program/farm-stack";

const LAB = { reference: "organization/guest-farm/lab", name: "lab" };

const farmOf = (project: string | undefined) => {
  const list = ["one", "two", "three"].map((name) => ({ platform: "tiny", target: "amd64", name }));
  const text = stringify({ hypervisors: { here: {}, there: {} }, guests: { list } });
  const projects = {
    "projects/alpha.yaml": "guests: [one, two]\n",
    "projects/beta.yaml": "guests: [three]\n",
  };
  return resolveFarm({
    stack: "lab",
    farmFile: { name: "stacks/lab/farm.yaml", text },
    files: projects,
    config: { project },
  });
};
/** Only what is looked at. */
const on = (hypervisor: string) => ({ domain: { hypervisor: { name: hypervisor } } }) as GuestHandle;

describe("a project in the guests of another stack", () => {
  it("has its own guests, where the other stack has put them", () => {
    const { guests, project } = projectPart(
      farmOf("alpha"),
      { one: on("there"), two: on("here"), x: on("here") },
      LAB,
    );
    assert.deepEqual(
      guests.map(({ name, hypervisor, domainName }) => [name, hypervisor, domainName]),
      [
        ["one", "there", "lab.one"],
        ["two", "here", "lab.two"],
      ],
    );
    assert.equal(project.name, "alpha");
  });

  it("has to be chosen", () => {
    assert.throws(() => projectPart(farmOf("none"), { one: on("here") }, LAB), {
      message: /run a project in the guests of stack "lab", and none is chosen[\s\S]*alpha[\s\S]*beta/,
    });
  });

  it("names the guests that the other stack does not have, and those that it has", () => {
    assert.throws(() => projectPart(farmOf("alpha"), { one: on("here"), four: on("here") }, LAB), {
      message:
        /does not have all guests of project "alpha"[\s\S]*missing: two[\s\S]*four[\s\S]*pulumi up -s lab/,
    });
  });

  it("is none at all where the configuration says so, whatever the files say", () => {
    assert.equal(farmOf("none").project, null);
  });
});
