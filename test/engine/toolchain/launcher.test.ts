import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** `toolchain/bin/pulumi` before an engine that only shows what it was given. */
describe("the launcher on PATH", () => {
  let folder: string;
  let project: string;

  before(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "gf-launcher-")));
    project = join(folder, "my project");
    cpSync(resolve(__dirname, "../../../toolchain/bin"), join(folder, "bin"), { recursive: true });
    mkdirSync(join(folder, "engine"));
    const shown = ["PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"];
    const lines = shown.map((name) => `echo "${name}=\${${name}-unset}"`);
    writeFileSync(join(folder, "engine/pulumi"), `#!/bin/sh\n${lines.join("\n")}\necho "$#:$*"\n`, {
      mode: 0o755,
    });
    mkdirSync(join(project, ".guest-farm/state"), { recursive: true });
    mkdirSync(join(project, "deep/er"), { recursive: true });
    mkdirSync(join(folder, "elsewhere"));
    writeFileSync(join(project, ".guest-farm/passphrase"), "secret");
    writeFileSync(join(project, "Pulumi.yaml"), "name: guest-farm\n");
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  interface Seen {
    readonly backend: string | undefined;
    readonly passphrase: string | undefined;
    readonly passphraseFile: string | undefined;
    readonly args: string | undefined;
    readonly notice: string;
  }

  function launch(cwd: string, args: readonly string[], more: Readonly<Record<string, string>> = {}): Seen {
    const env = { PATH: process.env.PATH, PULUMI_HOME: join(folder, "home"), ...more };
    const { stdout, stderr } = spawnSync(join(folder, "bin/pulumi"), args, { cwd, env, encoding: "utf8" });
    const [backend, passphrase, passphraseFile, seen] = stdout
      .split("\n")
      .map((line) => line.replace(/^[A-Z_]*=/, ""));
    return { backend, passphrase, passphraseFile, args: seen, notice: stderr };
  }

  it("names the project's own state, and says so, for who is not logged in", () => {
    const seen = launch(project, ["preview", "-s", "a b"]);
    assert.equal(seen.backend, `file://${project}/.guest-farm/state`);
    assert.equal(seen.passphraseFile, join(project, ".guest-farm/passphrase"));
    assert.equal(seen.args, "3:preview -s a b");
    assert.match(seen.notice, /not logged in.*\.guest-farm\/state/);
  });
  it("finds the project from a folder below and by --cwd", () => {
    const expected = `file://${project}/.guest-farm/state`;
    assert.equal(launch(join(project, "deep/er"), ["up"]).backend, expected);
    assert.equal(launch(folder, ["up", "--cwd", project]).backend, expected);
    assert.equal(launch(folder, [`--cwd=${project}`, "up"]).backend, expected);
  });
  it("does nothing in other projects", () => {
    const seen = launch(join(folder, "elsewhere"), ["up"]);
    assert.equal(seen.backend, "unset");
    assert.equal(seen.passphraseFile, "unset");
    assert.equal(seen.notice, "");
  });
  it("leaves a backend of the environment alone", () => {
    const seen = launch(project, ["up"], { PULUMI_BACKEND_URL: "file:///mine" });
    assert.equal(seen.backend, "file:///mine");
    assert.equal(seen.passphraseFile, "unset");
    assert.equal(seen.notice, "");
  });
  it("leaves an access token to decide", () => {
    assert.equal(launch(project, ["up"], { PULUMI_ACCESS_TOKEN: "token" }).backend, "unset");
  });
  it("leaves who is logged in alone", () => {
    const home = join(folder, "logged-in");
    mkdirSync(home);
    writeFileSync(join(home, "credentials.json"), JSON.stringify({ current: "file:///theirs" }, null, 4));
    assert.equal(launch(project, ["up"], { PULUMI_HOME: home }).backend, "unset");
  });
  it("lets the user log in", () => {
    assert.equal(launch(project, ["login", "file:///other"]).backend, "unset");
  });
  it("prefers a passphrase of the environment, be it empty", () => {
    const seen = launch(project, ["up"], { PULUMI_CONFIG_PASSPHRASE: "" });
    assert.equal(seen.passphrase, "");
    assert.equal(seen.passphraseFile, "unset");
    assert.equal(launch(project, ["up"], { PULUMI_CONFIG_PASSPHRASE_FILE: "/f" }).passphraseFile, "/f");
  });
});
