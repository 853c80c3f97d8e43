import assert from "node:assert/strict";
import { inspect } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { ArgumentError } from "../../../components/argument-error";
import { defineGuest } from "../../../components/define-guest";
import { ProgramError } from "../../../components/program-error";
import { checkProject } from "../../../components/project/project-args";
import { placed } from "./sample-farm";

/** Whether an error is about one property. */
const about = (property: string, reason: RegExp) => (error: unknown) =>
  pulumi.InputPropertyError.isInstance(error) && error.propertyPath === property && reason.test(error.reason);

describe("a wrong argument", () => {
  it("ends a program with its path and reason alone", () => {
    const error = new ArgumentError("project.id", "has to be a name");
    assert.ok(pulumi.RunError.isInstance(error), "Pulumi prints no stack trace of these");
    assert.equal(error.message, "project.id: has to be a name");
  });

  it("is shown as its message alone, whatever Pulumi hangs on it", () => {
    for (const error of [
      new ArgumentError("project.id", "has to be a name"),
      new ProgramError("no kernel"),
    ]) {
      assert.equal(inspect(Object.assign(error, { promise: { everything: process } })), error.message);
    }
  });

  it("says nothing of a path where there is none", () => {
    assert.equal(new ArgumentError("", "nothing fits").message, "nothing fits");
  });
});

describe("arguments of a project", () => {
  const project = { id: "demo", revision: 1, phases: "phases" };

  it("may have a number or a text as revision", () => {
    assert.equal(checkProject(project), "1");
    assert.equal(checkProject({ ...project, revision: "1.10" }), "1.10");
  });

  it("may not have a revision that loses its last zero", () => {
    assert.throws(
      () => checkProject({ ...project, revision: 1.5 }),
      about("project.revision", /1\.10 and 1\.1/),
    );
    assert.throws(() => checkProject({ ...project, revision: NaN }), about("project.revision", /NaN/));
  });

  it("may not have an id that no file could have", () => {
    for (const id of ["", "a/b", "a\nb", "a\0b"]) {
      assert.throws(() => checkProject({ ...project, id }), about("project.id", /without slashes/));
    }
  });
});

describe("defineGuest", () => {
  before(() =>
    pulumi.runtime.setMocks({ newResource: () => ({ id: "", state: {} }), call: () => ({}) }, "mine", "mine"),
  );

  it("gives what a farm file gives", () => {
    const item = { platform: "tiny", target: "amd64", name: "one", memory: 128, team: "kernel" };
    const [fromFile] = placed({ hypervisors: { here: {} }, guests: { list: [{ ...item, type: "qemu" }] } });
    const defined = defineGuest({ ...item, type: "qemu" });
    // Where it is declared differs, and nobody was asked for emulators.
    const { declaredAt, emulator } = defined;
    assert.deepEqual({ ...defined, fromHost: 0 }, { ...fromFile, declaredAt, emulator, fromHost: 0 });
  });

  it("is for KVM unless told otherwise", () => {
    const { type, cpu } = defineGuest({ platform: "tiny", target: "amd64" });
    assert.deepEqual({ type, cpu }, { type: "kvm", cpu: { mode: "host-passthrough" } });
  });

  it("refuses unknown platforms, keys and values, naming the property", () => {
    const item = { platform: "tiny", target: "amd64" };
    assert.throws(
      () => defineGuest({ ...item, platform: "tinny" }),
      about("platform", /did you mean "tiny"/),
    );
    assert.throws(() => defineGuest({ ...item, memroy: 512 }), about("memroy", /did you mean "memory"/));
    assert.throws(() => defineGuest({ ...item, memory: 3 }), about("memory", /from 16 MiB to 64 TiB/));
  });
});
