import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { isAlive, until } from "../../support/run-harness";

const MODULE = resolve(__dirname, "../../../providers/ends-with-engine.ts");
/** A provider that idles, or is in the middle of a call until well after its parent has gone. */
const PROVIDER = `
const { writeFileSync } = require("node:fs");
const { endsWithEngine } = require(process.argv[1]);
const [, , folder, how] = process.argv;
const parent = process.ppid;
const orphaned = async () => {
  while (process.ppid === parent) await new Promise((resolve) => setTimeout(resolve, 20));
  await new Promise((resolve) => setTimeout(resolve, 2500));
};
const handler = endsWithEngine({
  create: async () => {
    writeFileSync(folder + "/pid", String(process.pid));
    if (how === "busy") await orphaned();
    writeFileSync(folder + "/done", "");
    return { id: "made" };
  },
});
handler.create({});
setInterval(() => undefined, 1000);
`;

describe("the process of dynamic providers, when the engine is killed", function () {
  this.timeout(30_000);
  let folder: string;
  const parents: ChildProcess[] = [];
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "guest-farm-provider-"))));
  afterEach(() => {
    // Of a test that has failed: a child that goes on would keep this process from ending.
    for (const child of parents.splice(0)) killGroup(child);
    rmSync(folder, { recursive: true, force: true });
  });

  async function orphan(how: "idle" | "busy"): Promise<number> {
    const argv = ["node", "--require", "tsx/cjs", "-e", PROVIDER, MODULE, folder, how];
    // The `:` keeps the shell from becoming the provider.
    const parent = spawn("sh", ["-c", '"$@"; :', "sh", ...argv], { stdio: "ignore", detached: true });
    parents.push(parent);
    const file = join(folder, how === "busy" ? "pid" : "done");
    await until("the call", () => existsSync(file));
    const pid = Number(readFileSync(join(folder, "pid"), "utf8"));
    assert.ok(isAlive(pid));
    parent.kill("SIGKILL");
    return pid;
  }

  function killGroup({ pid }: ChildProcess): void {
    try {
      process.kill(-(pid ?? 0), "SIGKILL");
    } catch {
      // All of it has ended.
    }
  }

  it("ends", async () => {
    const pid = await orphan("idle");
    await until("its end", () => !isAlive(pid));
  });

  it("finishes what it is doing, then ends", async () => {
    const pid = await orphan("busy");
    await until("its end", () => !isAlive(pid));
    assert.ok(existsSync(join(folder, "done")));
  });
});
