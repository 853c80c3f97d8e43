import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { PhaseResult, RunResult } from "../../../phases/lifecycle/result";
import { PHASES } from "../../../phases/lifecycle/phase-names";

const REPOSITORY = resolve(__dirname, "../../..");
const read = (path: string) => readFileSync(join(REPOSITORY, path), "utf8");
const ROOMS = [
  "cli",
  "components",
  "connections",
  "definitions",
  "discovery",
  "hypervisor",
  "phases",
  "program",
];

/** All sources in one text, string constants that go over several lines joined. */
function sources(): string {
  const files = ROOMS.flatMap((room) =>
    readdirSync(join(REPOSITORY, room), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.(ts|sh)$/.test(name))
      .map((name) => read(join(room, name))),
  );
  return files.join("\n").replace(/[`"] \+\s*[`"]/g, "");
}

describe("docs/troubleshooting.md", () => {
  const text = read("docs/troubleshooting.md");

  it("explains messages that are in the sources, word by word", () => {
    const all = sources();
    const messages = [...text.matchAll(/^### `(.*)`$/gm)].map(([, message = ""]) => message);
    assert.ok(messages.length >= 12, `${messages.length} messages`);
    const pieces = messages.flatMap((message) => message.split("…")).map((piece) => piece.trim());
    const missing = pieces.filter((piece) => piece.length > 3 && !all.includes(piece));
    assert.deepEqual(missing, []);
  });

  it("says what to do about each", () => {
    for (const section of text.split(/^### /m).slice(1)) {
      assert.ok(section.split("\n").slice(1).join(" ").trim().length > 60, section.split("\n")[0]);
    }
  });
});

describe("docs/results.md", () => {
  const text = read("docs/results.md");

  it("has every key of a result and of a phase, and every phase", () => {
    const keys = [...Object.keys(RunResult.shape), ...Object.keys(PhaseResult.shape), ...PHASES];
    assert.deepEqual(
      keys.filter((key) => !text.includes(`\`${key}\``)),
      [],
    );
  });
});

describe("docs/dependencies.md", () => {
  const text = read("docs/dependencies.md");
  const manifest = JSON.parse(read("package.json")) as Record<string, Record<string, string>>;
  const all = { ...manifest["dependencies"], ...manifest["devDependencies"] };

  it("has every package with the version and licence that is installed", () => {
    for (const name of Object.keys(all)) {
      const installed = JSON.parse(read(`node_modules/${name}/package.json`)) as {
        version: string;
        license: string;
      };
      const row = text.split("\n").find((line) => line.includes(`\`${name}\``)) ?? "";
      assert.ok(row.includes(installed.version), `${name} ${installed.version}: ${row}`);
      assert.ok(row.includes(installed.license), `${name} ${installed.license}: ${row}`);
    }
  });

  it("has the Go modules with the versions that are built", () => {
    const versions = JSON.parse(read("toolchain/versions.json")) as Record<string, string>;
    assert.match(text, new RegExp(`pulumi/pkg/v3\` \\| ${versions["pulumi"] ?? "?"} `));
    assert.match(text, new RegExp(`terraform-provider-libvirt\` \\| ${versions["libvirt"] ?? "?"} `));
    const [, bridge = "?"] =
      /pulumi-terraform-bridge\/v3 v(\S+)/.exec(read("toolchain/libvirt-plugin/go.mod")) ?? [];
    assert.match(text, new RegExp(`pulumi-terraform-bridge/v3\` \\| ${bridge} `));
  });
});
