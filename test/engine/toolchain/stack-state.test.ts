import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { dirname, join, resolve } from "node:path";
import { eventually, PulumiProject, type PulumiRun, RunningPulumi } from "../../support/pulumi-project";

const SCRIPT = resolve(__dirname, "../../../toolchain/stack.mjs");
const LONG_AGO = new Date("2026-01-01T00:00:00Z");

describe("make up on a state that a kill has left", function () {
  this.timeout(120_000);
  let project: PulumiProject;
  let root: string;
  const checkpoint = () => join(root, "stacks/throw-away/s.json");
  const file = (name: string) => join(project.folder, name);

  before(async () => {
    project = new PulumiProject({
      program: join(__dirname, "marked.js"),
      packages: ["@pulumi/pulumi"],
      plugins: {},
    });
    project.environment.WORK = project.folder;
    // Its processes are told from those of other projects by their folder.
    copyFileSync(join(__dirname, "marked.js"), file("marked.js"));
    const description = readFileSync(file("Pulumi.yaml"), "utf8");
    writeFileSync(file("Pulumi.yaml"), description.replace(/^main: .*$/m, "main: marked.js"));
    root = file("state/.pulumi");
    const { code, output } = await wrapper("up", "s");
    assert.equal(code, 0, output);
  });
  after(() => {
    // A provider of a test that has failed waits for this.
    writeFileSync(file("go"), "");
    project.remove();
  });

  const wrapper = (...args: readonly string[]): Promise<PulumiRun> => start(...args).ended;
  function start(...args: readonly string[]): RunningPulumi {
    return new RunningPulumi(
      spawn(process.execPath, [SCRIPT, ...args], {
        cwd: project.folder,
        env: project.environment,
        stdio: ["ignore", "pipe", "pipe"],
      }),
    );
  }
  function writeLock(content: string, folder = "organization/throw-away/s"): string {
    const lock = join(root, "locks", folder, "0a1b2c3d-left.json");
    mkdirSync(dirname(lock), { recursive: true });
    writeFileSync(lock, content);
    utimesSync(lock, LONG_AGO, LONG_AGO);
    return lock;
  }
  const lockOf = (pid: number, host = hostname()) =>
    JSON.stringify({ pid, username: "root", hostname: host, timestamp: LONG_AGO.toISOString() });

  it("goes on with the state when its attributes are empty", async () => {
    writeFileSync(`${checkpoint()}.attrs`, "");
    const { code, output } = await wrapper("up", "s");
    assert.equal(code, 0, output);
    assert.match(output, /killed while it saved the state/);
    assert.match(output, /2 unchanged/);
    assert.doesNotMatch(output, /stack init/);
  });

  it("says what there is of an empty state, and changes nothing", async () => {
    copyFileSync(checkpoint(), file("good.json"));
    writeFileSync(checkpoint(), "");
    const { code, output } = await wrapper("up", "s");
    assert.equal(code, 1, output);
    assert.match(output, /The state of stack s is empty/);
    assert.match(output, /s\.json\.bak \(\d+ resources/);
    assert.equal(readFileSync(checkpoint(), "utf8"), "");
    const remedy = /cp '(.*)' '(.*)'/.exec(output);
    copyFileSync(remedy?.[1] ?? "", remedy?.[2] ?? "");
    const { code: healed, output: after } = await wrapper("up", "s");
    assert.equal(healed, 0, after);
    assert.match(after, /2 unchanged/);
  });

  it("makes no new state when one was there", async () => {
    renameSync(checkpoint(), file("aside.json"));
    const { code, output } = await wrapper("up", "s");
    assert.equal(code, 1, output);
    assert.match(output, /There is no state of stack s, but what is left of one/);
    assert.equal(existsSync(checkpoint()), false);
    renameSync(file("aside.json"), checkpoint());
  });

  it("fails when the backend cannot be asked, and makes nothing", async () => {
    const state = file("state");
    renameSync(state, file("unmounted"));
    const { code, output } = await wrapper("up", "s");
    renameSync(file("unmounted"), state);
    assert.equal(code, 1, output);
    assert.match(output, /`pulumi whoami --json` failed 4 times/);
    assert.match(output, /Nothing was changed/);
  });

  it("removes a lock that cannot be read", async () => {
    const lock = writeLock("");
    const { code, output } = await wrapper("up", "s");
    assert.equal(code, 0, output);
    assert.match(output, /left a lock that cannot be read; it is removed/);
    assert.equal(existsSync(lock), false);
  });

  it("takes a holder that has ended for dead, also while nobody has collected it", async () => {
    // Its parent becomes a program that never asks for it; before, the shell might.
    const script = "(until grep -q sleep /proc/$$/comm; do :; done) & echo $!; exec sleep 86465";
    const parent = spawn("sh", ["-c", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let printed = "";
    parent.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
    await eventually("its number", () => printed.includes("\n"));
    const pid = Number(printed);
    await eventually("its end", () => / Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8")));
    const lock = writeLock(lockOf(pid));
    const { code, output } = await wrapper("up", "s");
    parent.kill("SIGKILL");
    assert.equal(code, 0, output);
    assert.equal(existsSync(lock), false);
  });

  it("leaves locks of other machines and of other projects alone", async () => {
    const other = writeLock(lockOf(1, "elsewhere"), "organization/another/s");
    const { code, output } = await wrapper("up", "s");
    assert.equal(code, 0, output);
    assert.ok(existsSync(other));
    const lock = writeLock(lockOf(1, "elsewhere"));
    const locked = await wrapper("up", "s");
    assert.notEqual(locked.code, 0);
    assert.match(locked.output, /the lock stays: process 1 was started on another machine, elsewhere/);
    assert.ok(existsSync(lock));
    rmSync(lock);
  });

  it("heals a delete that was finished after the kill", async () => {
    const killed = project.start(["destroy", "--yes", "--skip-preview", "-s", "s"], { SLOW: "1" });
    await eventually("the deletion", () => existsSync(file("deleting")), 20);
    killed.child.kill("SIGKILL");
    const up = start("up", "s");
    const waits = () => up.output.includes("still finishes what it had begun");
    await eventually("the wait for the deletion", waits, 30);
    writeFileSync(file("go"), "");
    const { code, output } = await up.ended;
    assert.equal(code, 0, output);
    assert.match(output, /broken off while it deleted pulumi-nodejs:dynamic:Resource thing/);
    assert.match(output, /1 created/);
    assert.ok(existsSync(file("thing")));
  });

  it("destroys what is there, and has nothing to do where there is no stack", async () => {
    const { code, output } = await wrapper("destroy", "s");
    assert.equal(code, 0, output);
    assert.equal(existsSync(file("thing")), false);
    const { code: none, output: said } = await wrapper("destroy", "never");
    assert.equal(none, 0, said);
    assert.match(said, /There is no stack never in this backend/);
    assert.equal(existsSync(join(root, "stacks/throw-away/never.json")), false);
  });
});
