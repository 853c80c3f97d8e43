import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireWorkFolders } from "../../../discovery/work-folders";

describe("folders that a run writes to", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "work-folders-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it("may be there, or for the program's own not yet", () => {
    requireWorkFolders(folder);
    mkdirSync(join(folder, ".guest-farm"));
    requireWorkFolders(folder);
  });

  it("are refused where something else is in their place", () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    assert.throws(() => requireWorkFolders(folder, join(folder, "none")), /TMPDIR[^]*no such folder/);
    assert.throws(() => requireWorkFolders(folder, file), /TMPDIR[^]*a file/);
    writeFileSync(join(folder, ".guest-farm"), "");
    assert.throws(() => requireWorkFolders(folder), /^UserError: \.guest-farm: has to be a folder/);
  });
});
