import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeTree } from "../../../cli/lifecycle/remove-tree";
import { writeResult } from "../../../cli/lifecycle/result-files";
import { KEPT_RUNS, makeRunFolder, newRunId, runFolder } from "../../../cli/lifecycle/run-folder";
import { removeUnfinished, writeWhole } from "../../../cli/lifecycle/write-file";
import { removeAbandonedFolders } from "../../../connections/ssh/abandoned-folders";
import { pidNamespace } from "../../../connections/ssh/private-folder";
import { openLocalShell } from "../../../connections/local";
import { readProcess } from "../../../connections/process/process-table";
import { strayFiles } from "../../../hypervisor/stray-files";
import { runLifecycle } from "../../../phases/lifecycle/run";
import { fakeInput, FakeGuest, NEVER } from "../../support/fake-guest";

/** The process id of a program that has ended. */
function deadPid(): number {
  return spawnSync("true").pid;
}

describe("what a run keeps", () => {
  let base: string;

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), "guest-farm-kept-"));
  });
  afterEach(() => removeTree(base));

  it("is written file by file: one that cannot be written leaves the others, and says so", async () => {
    const result = await runLifecycle(fakeInput(), new FakeGuest().ports, { cancel: NEVER, lost: NEVER });
    const folder = runFolder(base, "s", "g", newRunId(new Date()));
    mkdirSync(join(folder.path, "report.html"), { recursive: true });
    mkdirSync(join(folder.path, "junit.xml"));
    const troubles = writeResult(folder, result);
    assert.equal(troubles.length, 2);
    assert.match(
      troubles.join("\n"),
      /junit\.xml could not be written.*\n.*report\.html could not be written/,
    );
    for (const path of [folder.path, folder.guest]) {
      assert.equal(
        (JSON.parse(readFileSync(join(path, "result.json"), "utf8")) as { status: string }).status,
        "passed",
      );
    }
    assert.deepEqual(
      readdirSync(folder.path).filter((name) => name.endsWith(".new")),
      [],
    );
  });

  it("stays as it was when the disk is full", function () {
    // A full disk that everybody has: writing to it is refused, whoever writes.
    if (!existsSync("/dev/full")) return this.skip();
    const path = join(base, "result.json");
    writeFileSync(path, "the good one");
    symlinkSync("/dev/full", `${path}.${process.pid}.new`);
    assert.throws(() => writeWhole(path, "the next one"), /ENOSPC/);
    assert.equal(readFileSync(path, "utf8"), "the good one");
  });

  it("is pruned whatever modes a guest gave to it, and what cannot be pruned is a warning", () => {
    const ids = Array.from({ length: KEPT_RUNS + 1 }, (_, day) => newRunId(new Date(2026, 0, 1 + day)));
    for (const id of ids) makeRunFolder(base, "s", "g", id);
    const { path } = makeRunFolder(base, "s", "g", newRunId(new Date(2026, 5, 1)));
    const closed = join(path, "artifacts", "closed");
    mkdirSync(closed, { recursive: true });
    writeFileSync(join(closed, "file"), "");
    chmodSync(closed, 0o555);
    const script = `
      const { removeTree } = require(${JSON.stringify(join(__dirname, "../../../cli/lifecycle/remove-tree"))});
      // Root may remove anything: somebody else does it.
      if (process.getuid() === 0) process.setuid(65534);
      removeTree(${JSON.stringify(join(path, "artifacts"))});
    `;
    if (process.getuid?.() === 0) spawnSync("chown", ["-R", "65534", base]);
    const { status, stderr } = spawnSync(process.execPath, ["--require", "tsx/cjs", "-e", script], {
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
    assert.ok(!existsSync(closed));
  });

  it("is rid of files of killed writers, and of no others", () => {
    const gone = join(base, `result.json.${deadPid()}.new`);
    const others = [`result.json.${process.pid}.new`, "result.json", "notes.new"].map((name) =>
      join(base, name),
    );
    for (const path of [gone, ...others]) writeFileSync(path, "");
    removeUnfinished(base);
    assert.ok(!existsSync(gone));
    for (const path of others) assert.ok(existsSync(path), path);
    removeUnfinished(base, Date.now() + 2 * 3_600_000);
    assert.ok(!existsSync(others[0]!), "an old one whose number somebody else has by now");
  });
});

describe("files in a guest's folder whose writers were killed", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "guest-farm-strays-"));
    mkdirSync(join(folder, "layers", "1"), { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("are found by their writer or their age, and removed; all else stays", async () => {
    const host = { shell: openLocalShell() };
    const dead = deadPid();
    const gone = [`seed.iso.new.${dead}`, `last-run.json.new.${dead}`, `layers/1/layer.json.new.${dead}`];
    const old = ["layers/1/layer.json.new", `owner.json.new.${process.pid}`];
    const stays = [
      "seed.iso",
      "layers/1/vda.qcow2",
      `nvram.fd.new.${process.pid}`,
      "lease.json.new",
      "a.new.b",
    ];
    for (const name of [...gone, ...old, ...stays]) writeFileSync(join(folder, name), "secret");
    const twoHoursAgo = Date.now() / 1000 - 7200;
    for (const name of old) utimesSync(join(folder, name), twoHoursAgo, twoHoursAgo);
    const expected = [...gone, ...old].map((name) => join(folder, name)).sort();
    assert.deepEqual([...(await strayFiles(host, "list", [folder]))].sort(), expected);
    assert.ok(existsSync(expected[0]!));
    await strayFiles(host, "remove", [folder]);
    for (const path of expected) assert.ok(!existsSync(path), path);
    for (const name of stays) assert.ok(existsSync(join(folder, name)), name);
  });
});

describe("private folders of killed processes", () => {
  let base: string;

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), "guest-farm-private-"));
  });
  afterEach(() => rmSync(base, { recursive: true, force: true }));

  function folderOf(name: string, owner: object | null): string {
    const path = join(base, name);
    mkdirSync(path);
    if (owner !== null) writeFileSync(join(path, "owner"), JSON.stringify(owner));
    return path;
  }

  it("are removed when owner and keeper are gone, and only then", () => {
    const here = { namespace: pidNamespace(), keeper: deadPid() };
    const alive = { pid: process.pid, startedAt: readProcess(process.pid)!.startedAt };
    const gone = folderOf("gf-aaaaaa", { ...here, pid: deadPid(), startedAt: "1" });
    const reused = folderOf("gf-bbbbbb", { ...here, pid: process.pid, startedAt: "0" });
    const stays = [
      folderOf("gf-cccccc", { ...here, ...alive }),
      folderOf("gf-dddddd", { ...here, pid: deadPid(), startedAt: "1", namespace: "pid:[1]" }),
      folderOf("gf-eeeeee", null),
      folderOf("somebody", { ...here, pid: deadPid(), startedAt: "1" }),
    ];
    assert.deepEqual([...removeAbandonedFolders(base)].sort(), [gone, reused].sort());
    for (const path of stays) assert.ok(existsSync(path), path);
    const nextMonth = Date.now() + 30 * 24 * 3_600_000;
    assert.deepEqual(removeAbandonedFolders(base, nextMonth), [stays[2]]);
  });
});
