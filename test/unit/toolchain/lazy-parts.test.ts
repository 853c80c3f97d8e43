import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";

const REPOSITORY = resolve(__dirname, "../../..");
const LAZY_PARTS = resolve(REPOSITORY, "toolchain/plugin-kit/lazy-parts.cjs");

/** Parts that are loaded: after the SDK, after a use of the automation API, after one of the serialiser. */
const PROGRAM = `
const { sep } = require("node:path");
const parts = { typescript: "/typescript/lib/", npm: "/@npmcli/arborist/", automation: "/@pulumi/pulumi/automation/" };
const loaded = () =>
  Object.keys(parts).filter((name) => Object.keys(require.cache).some((file) => file.split(sep).join("/").includes(parts[name])));
const pulumi = require("@pulumi/pulumi");
const seen = [loaded()];
seen.push([typeof pulumi.automation.LocalWorkspace, "LocalWorkspace" in pulumi.automation, ...loaded()]);
pulumi.runtime.serializeFunction(() => () => 1).then(({ text }) => {
  seen.push([text.includes("() => 1"), ...loaded()]);
  console.log(JSON.stringify(seen));
});
`;

describe("parts of the SDK that few programs use", function () {
  this.timeout(60_000);
  const seen = (...options: string[]): unknown =>
    JSON.parse(
      execFileSync(process.execPath, [...options, "-e", PROGRAM], {
        cwd: REPOSITORY,
        encoding: "utf8",
        stdio: "pipe",
      }),
    );

  it("are loaded at their first use, and are then what they are without that", () => {
    assert.deepEqual(seen("--require", LAZY_PARTS), [
      [],
      ["function", true, "automation"],
      [true, "typescript", "automation"],
    ]);
  });

  it("are loaded with the SDK otherwise: there is something to be saved", () => {
    const all = ["typescript", "npm", "automation"];
    assert.deepEqual(seen(), [all, ["function", true, ...all], [true, ...all]]);
  });
});
