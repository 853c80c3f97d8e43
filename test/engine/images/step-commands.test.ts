import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FarmUnderTest } from "../../e2e/support/farm-under-test";
import { eventually, type StartedPulumi } from "../../e2e/support/started-pulumi";
import { freePort } from "../../support/free-port";
import { failed, plannedChanges, says, succeeded } from "../../e2e/support/outcomes";

/** One image, as a user's own program makes it, with stages as farms have them. */
const PROGRAM = `
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { BaseImage, Hypervisor } = require("guest-farm");
const { actOnlyIn } = require(join(__dirname, "node_modules/guest-farm/dist/program/stages.js"));
module.exports = () => {
  const { stage, hypervisor, definition } = JSON.parse(readFileSync(join(__dirname, "spec.json"), "utf8"));
  actOnlyIn(stage);
  const { facts } = new BaseImage("disk", { hypervisor: new Hypervisor("here", hypervisor), definition });
  return { path: facts.path };
};
`;

describe("the steps of an image as commands", function () {
  this.timeout(300_000);
  const farm = FarmUnderTest.fresh();
  let cache: string;
  const ran = () => {
    const file = join(cache, "ran");
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  };
  const step = (word: string, then = "") => ({
    kind: "run",
    name: word,
    text: `echo ${word} >> '${cache}/ran'; printf ${word} >> "$1"; ${then}`,
    timeout: 20,
  });
  interface Settings {
    readonly stage?: string;
    readonly checkImages?: string;
    readonly connection?: object;
  }
  const write = (steps: readonly object[], { stage = "full", ...more }: Settings = {}) =>
    farm.write(
      "spec.json",
      JSON.stringify({
        stage,
        hypervisor: {
          uri: "test:///default",
          diskPoolPath: join(cache, "guests"),
          imageCachePath: join(cache, "images"),
          ...more,
        },
        definition: { name: "disk", source: { kind: "file", path: "disk.img" }, format: "raw", steps },
      }),
    );
  const preview = async () => plannedChanges(succeeded(await farm.preview("--diff")));
  const added = async () => {
    const { output } = succeeded(await farm.pulumi("stack", "output", "path"));
    return readFileSync(output.trim()).subarray(4096).toString();
  };

  before(async () => {
    cache = mkdtempSync(join(tmpdir(), "step-commands-"));
    mkdirSync(join(cache, "images"));
    farm.write("index.js", PROGRAM);
    // Text alone would not be taken for a disk.
    farm.write("disk.img", "\0".repeat(1024) + randomBytes(2304).toString("base64"));
    write([step("a"), step("b")]);
    await farm.init();
  });
  after(async () => {
    await farm.remove();
    rmSync(cache, { recursive: true, force: true });
  });

  it("wait for their stage, and then are made", async () => {
    write([step("a"), step("b")], { stage: "runtime" });
    says(succeeded(await farm.up()), "waits for stage image-cache");
    assert.deepEqual(ran(), []);
    assert.deepEqual(readdirSync(join(cache, "images")), []);
    write([step("a"), step("b")], { stage: "image-cache" });
    says(succeeded(await farm.up()), "step 1 of 1: a");
    assert.deepEqual(ran(), ["a", "b"]);
    assert.equal(await added(), "ab");
  });

  it("stay as they are in every stage, and with settings that are not about them", async () => {
    write([step("a"), step("b")], { stage: "provision" });
    assert.deepEqual(await preview(), {});
    write([step("a"), step("b")]);
    assert.deepEqual(await preview(), {});
    write([step("a"), step("b")], { checkImages: "full" });
    const planned = await preview();
    assert.deepEqual(
      Object.keys(planned).filter((name) => name.startsWith("disk-")),
      [],
    );
  });

  it("are named by a preview where one has changed, with all that follow, and only they run", async () => {
    write([step("a"), step("c"), { kind: "resize", sizeMiB: 1 }]);
    assert.deepEqual(await preview(), {
      "disk-b": "delete",
      "disk-c": "create",
      "disk-resize": "create",
      disk: "update",
    });
    assert.deepEqual(ran(), ["a", "b"], "a preview runs nothing");
    succeeded(await farm.up());
    assert.deepEqual(ran(), ["a", "b", "c"]);
    assert.equal((await added()).slice(0, 2), "ac");
    succeeded(await farm.preview("--expect-no-changes"));
  });

  it("run again after one that failed, from there on", async () => {
    write([step("a"), step("d", `[ -e '${cache}/mended' ]`)]);
    says(
      failed(await farm.up("--continue-on-error")),
      'step "d" failed (exit code 1)',
      "correct the script of the step",
    );
    mkdirSync(join(cache, "mended"));
    succeeded(await farm.preview());
    succeeded(await farm.up());
    assert.deepEqual(ran(), ["a", "b", "c", "d", "d"]);
    assert.equal(await added(), "ad");
    succeeded(await farm.preview("--expect-no-changes"));
  });

  it("notice another content of the controller's file", async () => {
    // Text alone would not be taken for a disk.
    farm.write("disk.img", "\0".repeat(1024) + randomBytes(2304).toString("base64"));
    assert.deepEqual(await preview(), {
      "disk-source": "update",
      "disk-a": "update",
      "disk-d": "update",
      disk: "update",
    });
    succeeded(await farm.up());
    assert.equal(readFileSync(join(farm.folder, "disk.img"), "utf8").length, 4096);
    assert.equal(await added(), "ad");
  });

  for (const [how, kill] of [
    ["by SIGINT of its group", (run: StartedPulumi) => run.interrupt("SIGINT")],
    ["by SIGKILL of pulumi alone", (run: StartedPulumi) => run.kill("SIGKILL")],
  ] as const) {
    it(`leave nothing behind when they are killed ${how}, and the next run goes on`, async () => {
      const word = how.includes("INT") ? "i" : "k";
      const hangs = `[ -e '${cache}/go-on' ] || { touch '${cache}/hangs'; exec sleep 6000; }`;
      rmSync(join(cache, "go-on"), { force: true, recursive: true });
      rmSync(join(cache, "hangs"), { force: true });
      write([step("a"), step(word), { ...step("x", hangs), timeout: 600 }]);
      const run = farm.start();
      await eventually("the step", () => existsSync(join(cache, "hangs")));
      kill(run);
      assert.notEqual((await run.ended).exitCode, 0);
      const work = join(cache, "images", "work");
      await eventually("an empty working folder", () => readdirSync(work).length === 0);
      await eventually("the end of all processes", () => farm.remaining().length === 0);
      mkdirSync(join(cache, "go-on"));
      await farm.pulumi("cancel", "-s", farm.stack, "--yes");
      const before = ran().length;
      succeeded(await farm.up());
      assert.deepEqual(ran().slice(before), ["x"]);
      assert.equal(await added(), `a${word}x`);
    });
  }

  it("tell of a hypervisor that does not answer", async () => {
    const connection = {
      type: "ssh",
      host: "127.0.0.1",
      port: await freePort(),
      hostKey: "ssh-ed25519 AAAA",
    };
    write([step("far")], { connection });
    says(failed(await farm.up()), "command:local:Command disk-source", "127.0.0.1", "Connection refused");
  });

  it("name a file of the controller that is not there", async () => {
    farm.forgetFile("disk.img");
    says(
      failed(await farm.preview()),
      "disk.img",
      'a file of base image "disk" cannot be read',
      "correct `file`",
    );
  });
});
