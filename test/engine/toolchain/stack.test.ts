import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { eventually, PulumiProject, RunningPulumi } from "../../support/pulumi-project";

const SCRIPT = resolve(__dirname, "../../../toolchain/stack.mjs");

describe("make up", function () {
  this.timeout(60_000);
  let project: PulumiProject;

  before(() => {
    project = new PulumiProject({
      program: join(__dirname, "endless.js"),
      packages: ["@pulumi/pulumi", "@pulumi/command"],
      plugins: { "command@1.2.1": undefined },
    });
    project.environment.WORK = project.folder;
  });
  after(() => project.remove());

  const start = (args: readonly string[], more: Readonly<Record<string, string>> = {}): ChildProcess =>
    spawn(process.execPath, [SCRIPT, ...args], {
      cwd: project.folder,
      env: { ...project.environment, ...more },
      stdio: ["ignore", "pipe", "pipe"],
    });
  const run = async (...args: readonly string[]) => new RunningPulumi(start(args)).ended;

  it("makes the stack when there is none", async () => {
    const { code, output } = await run("preview", "first");
    assert.equal(code, 0, output);
    assert.match(output, /\$ pulumi stack init --no-select first/);
  });

  it("clears the lock and the pending create of a run that was killed, and says so", async () => {
    const killed = project.start(["up", "--yes", "--skip-preview", "-s", "first"], { SLEEP: "86463" });
    await eventually("the command runs", () => existsSync(join(project.folder, "started")), 20);
    killed.child.kill("SIGKILL");
    await killed.ended;
    const { code, output } = await run("up", "first");
    assert.equal(code, 0, output);
    assert.match(output, /was killed and left a lock/);
    assert.match(output, /broken off while it created/);
    assert.match(output, /1 created/);
    assert.doesNotMatch(output, /Not all of it was done/);
  });

  it("does not touch the lock of a run that lives", async () => {
    const { code: destroyed } = await run("destroy", "first");
    assert.equal(destroyed, 0);
    const living = project.start(["up", "--yes", "--skip-preview", "-s", "first"], { SLEEP: "86464" });
    const locked = () => /creating/.test(living.output);
    await eventually("the run has begun", locked, 20);
    const { code, output } = await run("up", "first");
    assert.notEqual(code, 0);
    assert.match(output, /currently locked/);
    assert.match(output, /Not all of it was done.* report -s first/);
    living.child.kill("SIGINT");
    await living.ended;
  });

  it("refuses what it does not know", async () => {
    assert.equal((await run("explode", "first")).code, 2);
  });
});
