import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const CHECKOUT = resolve(__dirname, "../../..");

/** The real engine, for somebody who is logged in to a file backend and has no passphrase in the environment. */
describe("the generated passphrase", function () {
  this.timeout(60_000);
  let folder: string;
  let project: string;

  before(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "gf-passphrase-")));
    project = join(folder, "project");
    cpSync(join(CHECKOUT, "toolchain/bin"), join(folder, "bin"), { recursive: true });
    symlinkSync(realpathSync(join(CHECKOUT, ".guest-farm/toolchain/engine")), join(folder, "engine"));
    for (const path of ["home", "state", "project/.guest-farm"])
      mkdirSync(join(folder, path), { recursive: true });
    writeFileSync(join(project, ".guest-farm/passphrase"), "generated\n");
    writeFileSync(join(project, "Pulumi.yaml"), "name: mine\nruntime: nodejs\n");
    assert.equal(pulumi(["login", `file://${join(folder, "state")}`]).status, 0);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function pulumi(args: readonly string[], more: Readonly<Record<string, string>> = {}) {
    const env = { PATH: process.env.PATH, HOME: folder, PULUMI_HOME: join(folder, "home"), ...more };
    return spawnSync(join(folder, "bin/pulumi"), [...args, "--non-interactive"], {
      cwd: project,
      env,
      encoding: "utf8",
    });
  }

  it("is used for a stack that is new, and for that stack again", () => {
    const made = pulumi(["stack", "init", "new"]);
    assert.equal(made.status, 0, made.stderr);
    assert.match(made.stderr, /using the passphrase in \.guest-farm\/passphrase/);
    assert.equal(pulumi(["config", "set", "--secret", "a", "b", "-s", "new"]).status, 0);
    assert.equal(pulumi(["config", "get", "a", "-s", "new"]).stdout.trim(), "b");
  });

  it("is not used for a stack that has another one, which is said", () => {
    const own = { PULUMI_CONFIG_PASSPHRASE: "their own" };
    assert.equal(pulumi(["stack", "init", "theirs"], own).status, 0);
    assert.equal(pulumi(["config", "set", "--secret", "a", "b", "-s", "theirs"], own).status, 0);
    const { status, stderr } = pulumi(["config", "get", "a", "-s", "theirs"]);
    assert.notEqual(status, 0);
    assert.match(stderr, /theirs: made with another passphrase/);
    assert.doesNotMatch(stderr, /incorrect passphrase/);
    assert.equal(pulumi(["config", "get", "a", "-s", "theirs"], own).stdout.trim(), "b");
  });

  it("is not used for a state that has another one, without the stack's settings as well", () => {
    const settings = join(project, "Pulumi.theirs.yaml");
    const salt = /^encryptionsalt: (.*)$/m.exec(readFileSync(settings, "utf8"))?.[1] ?? "";
    assert.notEqual(salt, "");
    rmSync(settings);
    const latest = { secrets_providers: { type: "passphrase", state: { salt } } };
    const state = { version: 3, checkpoint: { stack: "organization/mine/theirs", latest } };
    writeFileSync(join(folder, "state/.pulumi/stacks/mine/theirs.json"), JSON.stringify(state));
    const { stderr } = pulumi(["config", "-s", "theirs"]);
    assert.match(stderr, /theirs: made with another passphrase/);
  });
});
