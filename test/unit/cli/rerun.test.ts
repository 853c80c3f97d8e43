import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rerun } from "../../../cli/rerun";
import { UserError } from "../../../definitions/user-error";

describe("guest-farm rerun", () => {
  const path = process.env["PATH"];
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "guest-farm-rerun-"));
    process.env["PATH"] = folder;
  });
  afterEach(() => {
    process.env["PATH"] = path;
    rmSync(folder, { recursive: true });
  });

  it("updates the stack with another value, and ends as the update does", async () => {
    const script = `#!/bin/sh\nprintf '%s\\n' "$PWD" "$@" > ${folder}/args\nexit 7\n`;
    writeFileSync(join(folder, "pulumi"), script, { mode: 0o755 });
    assert.equal(await rerun({ folder, stack: "lab", value: "again" }), 7);
    const [where, ...args] = readFileSync(join(folder, "args"), "utf8").trimEnd().split("\n");
    assert.equal(where, folder);
    assert.equal(
      args.join(" "),
      "up --yes --skip-preview --continue-on-error --stack lab --config guest-farm:rerun=again",
    );
  });

  it("says what is missing where there is no pulumi", async () => {
    const failed = rerun({ folder, stack: undefined, value: "again" });
    await assert.rejects(failed, (error) => error instanceof UserError && /make setup/.test(error.message));
  });
});
