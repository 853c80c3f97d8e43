import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { diagnosticsOf, plansOfPreview } from "../../../cli/plan/preview";
import { planTable } from "../../../cli/plan/table";
import type { GuestPlan } from "../../../definitions/guest-plan";
import { UserError } from "../../../definitions/user-error";

const PLAN: GuestPlan = {
  guest: "a",
  hypervisor: "here",
  type: "kvm",
  strategy: "saved (disks and memory are kept in files)",
  cache: "hit",
  phases: ["main"],
  text: "hit: made today; will run main",
  lastRun: { status: "passed", finishedAt: "2026-01-01T00:00:00Z", durationMs: 1234 },
};

describe("guest-farm plan", () => {
  const path = process.env["PATH"] ?? "";
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "guest-farm-plan-test-"));
    process.env["PATH"] = `${folder}:${path}`;
  });
  afterEach(() => {
    process.env["PATH"] = path;
    rmSync(folder, { recursive: true });
  });

  /** A `pulumi` that is this script. */
  function pulumi(script: string): void {
    writeFileSync(join(folder, "pulumi"), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, "pulumi"), 0o755);
  }

  it("takes what the program tells during a preview, and leaves no file behind", async () => {
    writeFileSync(join(folder, "answer"), JSON.stringify([PLAN]));
    pulumi(`echo "$*" > args; echo "$GUEST_FARM_PLAN_FILE" > file; cat answer > "$GUEST_FARM_PLAN_FILE"`);
    assert.deepEqual(await plansOfPreview({ folder, stack: "lab" }), [PLAN]);
    assert.match(readFileSync(join(folder, "args"), "utf8"), /^preview .*--stack lab$/m);
    assert.ok(!existsSync(dirname(readFileSync(join(folder, "file"), "utf8").trim())));
  });

  it("says what the preview said when it failed", async () => {
    pulumi("echo 'Previewing'; echo 'Diagnostics:'; echo '  no hypervisor can run guest \"a\"'; exit 1");
    await assert.rejects(plansOfPreview({ folder, stack: undefined }), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /found: +no hypervisor can run guest "a"\n/);
      return true;
    });
  });

  it("says that a program without a farm file tells no plan", async () => {
    pulumi("echo 'Previewing'");
    await assert.rejects(plansOfPreview({ folder, stack: undefined }), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /tells no plan[^]*do: +`pulumi preview --diff`/);
      return true;
    });
  });

  it("leaves out what the launcher remarks", () => {
    assert.equal(diagnosticsOf("guest-farm: not logged in\nerror: no stack\n"), "error: no stack");
  });

  it("is a table with the strategy's name, the last run, and why", () => {
    const [head, row, fresh] = planTable([PLAN, { ...PLAN, guest: "b", lastRun: null }]).split("\n");
    assert.match(head ?? "", /^guest +hypervisor +type +strategy +cache +last run +what and why$/);
    assert.match(row ?? "", /^a +here +kvm +saved +hit +passed, 1\.2 s +hit: made today; will run main$/);
    assert.match(fresh ?? "", /^b .* - +hit: /);
  });
});
