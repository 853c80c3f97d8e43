import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { misspeltFiles } from "../../../phases";
import { misspeltPhases } from "../../../program/misspelt-phases";

describe("files that are nearly phase files", () => {
  it("are told with what they were probably meant to be", () => {
    assert.deepEqual(misspeltFiles(["initt.yaml", "Main.yml", "dependency.yaml", "var.yaml"]), [
      { file: "initt.yaml", meant: "init.yaml" },
      { file: "Main.yml", meant: "main.yaml" },
      { file: "var.yaml", meant: "vars.yaml" },
    ]);
  });

  it("are nobody's business beside the file itself, or with another ending", () => {
    assert.deepEqual(
      misspeltFiles(["main.yaml", "mains.yaml", "init.yml", "init2.yaml", "maim.sh", "common.yaml"]),
      [],
    );
  });

  it("are looked for at every level that a guest has", () => {
    const folder = mkdtempSync(join(tmpdir(), "misspelt "));
    try {
      for (const level of ["", "tiny", "tiny/amd64", "debian"]) {
        mkdirSync(join(folder, level), { recursive: true });
        writeFileSync(join(folder, level, "mian.yaml"), "steps: []");
      }
      const guests = [
        { platform: "tiny", target: "amd64" },
        { platform: "tiny", target: "amd64" },
      ];
      const warnings = misspeltPhases(folder, guests);
      const levels = ["", "tiny/", "tiny/amd64/"].map(
        (level) => `${folder}/${level}mian.yaml: no phase has this name`,
      );
      assert.equal(warnings.length, levels.length);
      levels.forEach((text, index) => assert.ok(warnings[index]?.startsWith(text), warnings[index]));
      assert.match(warnings[0] ?? "", /did you mean "main\.yaml"\?$/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
