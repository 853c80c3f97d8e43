import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const REPOSITORY = resolve(__dirname, "../../..");
const MODULE = join(REPOSITORY, "toolchain/parts/bundle.mjs");

describe("the supervisor in one file", () => {
  let folder: string;
  const place = () => join(folder, "cli/lifecycle/supervisor-bundle.js");

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "guest-farm-bundle-"));
    const text = `import { bundleSupervisor } from ${JSON.stringify(MODULE)};
      await bundleSupervisor(${JSON.stringify(folder)});`;
    const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", text], {
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const start = (spec: unknown) =>
    spawnSync(process.execPath, ["-e", "require(process.argv[1]).run()", place(), folder], {
      cwd: folder,
      input: JSON.stringify(spec),
      encoding: "utf8",
      stdio: ["pipe", "pipe", "pipe", "pipe"],
    });

  it("needs no package beside it", () => {
    const { status, stderr } = start({ formatVersion: 2 });
    assert.match(stderr, /formatVersion/);
    assert.equal(status, 2);
  });

  it("names the licences of the packages in it", () => {
    const licences = readFileSync(place().replace(/js$/, "licences.txt"), "utf8");
    for (const name of ["zod", "yaml"]) assert.match(licences, new RegExp(`^${name} \\d`, "m"));
    assert.match(licences, /Permission is hereby granted/);
  });

  it("finds the phase files of the SDK where the package has them", () => {
    const text = readFileSync(place(), "utf8");
    assert.match(text, /\.join\(__dirname, "\.\.\/\.\.\/phases"\), "ready"/);
    assert.doesNotMatch(text, /\(__dirname, "(ready|scripts)"\)/);
  });
});
