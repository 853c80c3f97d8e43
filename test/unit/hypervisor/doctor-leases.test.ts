import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { openLocalShell } from "../../../connections/local";
import { checkLeftGuests, checkLogout } from "../../../hypervisor/doctor/leases";
import { guestFiles } from "../../../hypervisor/guest-files";
import { hypervisorHost } from "../../../hypervisor/host";
import { acquireLease } from "../../../hypervisor/leases/acquire-lease";
import { localSpec, QUICK } from "../leases/quick";

describe("what the doctor says of leases", function () {
  this.timeout(30_000);
  const path = process.env["PATH"] ?? "";
  const shell = openLocalShell();
  let pool: string;

  beforeEach(() => {
    pool = mkdtempSync(join(tmpdir(), "guest-farm doctor's "));
    mkdirSync(join(pool, "bin"));
    process.env["PATH"] = `${join(pool, "bin")}${delimiter}${path}`;
  });
  afterEach(() => {
    process.env["PATH"] = path;
    rmSync(pool, { recursive: true, force: true });
  });
  const fake = (name: string, script: string) => {
    writeFileSync(join(pool, "bin", name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(pool, "bin", name), 0o755);
  };

  it("names guests that are on and that nobody drives, and what to do", async () => {
    fake("virsh", "printf '%s\\n' 's.left' 's.driven' 's.stays on'");
    const host = hypervisorHost(localSpec(pool), shell);
    const record = JSON.stringify({
      runId: "1",
      description: "root@gone pid 7: run of stack s",
      since: "2026",
    });
    for (const name of ["s.left", "s.driven", "s.stays on", "s.off"]) {
      const files = guestFiles(pool, name);
      mkdirSync(files.folder);
      writeFileSync(files.leaseHolder, record);
      writeFileSync(files.owner, JSON.stringify({ keepRunning: name === "s.stays on" }));
    }
    const holder = { runId: "2", description: "somebody", since: "now" };
    const lease = await acquireLease(host, "s.driven", { holder, waitMs: 0 }, QUICK);
    const found = await checkLeftGuests(host);
    await lease.release();
    assert.deepEqual(
      found.map(({ what, severity }) => [what, severity]),
      [["guest s.left", "warning"]],
    );
    assert.match(found[0]?.found ?? "", /left by root@gone pid 7: run of stack s, since 2026/);
    assert.match(found[0]?.remedy ?? "", /virsh -c test:\/\/\/default destroy s\.left/);
  });

  it("says when a logout ends what was left running", async () => {
    const says = async (...answers: readonly string[]) => {
      fake("id", "echo build");
      fake(
        "busctl",
        answers.length === 0 ? "exit 1" : `printf '%s\\n' ${answers.map((a) => `'${a}'`).join(" ")}`,
      );
      return checkLogout({ shell });
    };
    assert.equal((await says()).severity, "ok", "no logind");
    assert.equal((await says("b false", 'as 1 "root"', "as 0")).severity, "ok");
    const bad = await says("b true", 'as 1 "root"', "as 0");
    assert.equal(bad.severity, "warning");
    assert.match(bad.remedy, /KillExcludeUsers=build/);
    assert.equal((await says("b true", 'as 2 "root" "build"', "as 0")).severity, "ok");
    assert.equal((await says("b true", "as 0", 'as 1 "other"')).severity, "ok");
    assert.equal((await says("b true", "as 0", 'as 1 "build"')).severity, "warning");
  });
});
