import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { allProcesses } from "../support/processes";
import { FarmUnderTest } from "./support/farm-under-test";
import { filesOf, logOf, TINY, tinyFarm } from "./support/tiny-farm";

/** Nothing else looks like these; together in no file of the tests themselves. */
const TOKEN = ["planted", "t0ken", process.pid, "x7Qz"].join("-");
const PASSWORD = ["planted", "passw0rd", process.pid, "k2Vy"].join("-");
const CANARY = ["canary", process.pid, "in", "memory"].join("-");
const SAMPLE_EVERY_MS = 100;

describe("secrets of a run", function () {
  this.timeout(600_000);
  let farm: FarmUnderTest;
  let output: string;
  /** Programs in whose arguments or environment a secret was seen while the farm was at work. */
  const seen = new Set<string>();

  before(async () => {
    farm = FarmUnderTest.fresh();
    const me = {
      user: "me",
      password: { secret: "login" },
      become: { user: "root", method: "su", password: { secret: "login" } },
    };
    farm.farm(tinyFarm({ guest: { auth: { ...me, key: "generated" } }, project: { secrets: ["token"] } }));
    farm.phase("init.yaml", {
      name: "canary",
      run: `printf '%s-%s-%s-%s\\n' canary ${process.pid} in memory > /dev/shm/canary`,
    });
    farm.phase(
      "main.yaml",
      {
        name: "environment",
        run: 'echo "by environment: $TOKEN"; sleep 1',
        env: { TOKEN: "${{ secrets.token }}" },
      },
      { name: "input", run: "echo by input: $(cat)", stdin: "${{ secrets.token }}" },
      { name: "text", run: "echo ${{ secrets.token }} | base64; echo by text: ${{ secrets.token }}" },
      { name: "other", run: "echo as $(id -un): ${{ secrets.token }}", user: "root" },
      { write: "/tmp/content", content: "${{ secrets.token }}" },
      { name: "here", local: "wc -c >&2; sleep 1", stdin: "${{ secrets.token }}" },
    );
    farm.phase("terminate.yaml", { name: "fails", run: "echo ${{ secrets.token }} >&2; exit 3" });
    await farm.init();
    for (const [key, value] of Object.entries({ token: TOKEN, login: PASSWORD })) {
      const set = spawnSync("pulumi", ["config", "set", "--secret", key, "-s", farm.stack], {
        cwd: farm.folder,
        env: farm.environment(),
        input: value,
      });
      assert.equal(set.status, 0, String(set.stderr));
    }
    output = await sampled();
  });
  after(() => farm.remove());

  /** Runs an update that fails in terminate, and looks at all processes meanwhile. */
  async function sampled(): Promise<string> {
    const run = farm.start();
    let over = false as boolean;
    void run.ended.then(() => (over = true));
    while (!over) {
      for (const { argv, environment } of allProcesses()) {
        // Pulumi itself hands a program its configuration in the environment of the program's process.
        if (argv.includes("@pulumi/pulumi/cmd/run")) continue;
        if (holdsSecret(argv) || holdsSecret(environment)) seen.add(argv);
      }
      await delay(SAMPLE_EVERY_MS);
    }
    return (await run.ended).output;
  }

  const holdsSecret = (text: string) => text.includes(TOKEN) || text.includes(PASSWORD);

  /** Files below some folders, touched since the test began, that hold a text. */
  function filesWith(text: string, ...folders: readonly string[]): string[] {
    const since = ["-xdev", "-type", "f", "-newer", join(farm.folder, "Pulumi.yaml")];
    const search = ["-exec", "grep", "-l", "--text", "--fixed-strings", "-e", text, "--", "{}", "+"];
    const { stdout } = spawnSync("find", [...folders, ...since, ...search], {
      encoding: "utf8",
      maxBuffer: 1 << 26,
    });
    return stdout.split("\n").filter((line) => line !== "");
  }

  it("reach the steps in every way, and fail them with their output masked", () => {
    const main = logOf(farm, "main");
    for (const way of ["environment", "input", "text"])
      assert.match(main, new RegExp(`^by ${way}: \\*+$`, "m"));
    assert.match(main, /^as root: \*+$/m);
    assert.equal(farm.result(TINY).status, "failed", output);
    assert.match(farm.result(TINY).error ?? "", /exit code 3|terminate/);
  });

  it("are in no process's arguments or environment at any time", () => {
    assert.deepEqual([...seen], []);
  });

  it("are in nothing that is shown or kept: output, state, logs, results", async () => {
    assert.equal(holdsSecret(output), false);
    const exported = await farm.pulumi("stack", "export", "-s", farm.stack);
    assert.equal(holdsSecret(exported.output), false);
    for (const secret of [TOKEN, PASSWORD, Buffer.from(`${TOKEN}\n`).toString("base64")]) {
      assert.deepEqual(filesWith(secret, farm.state, farm.folder), []);
    }
  });

  it("are in no file of the controller, nor in memory file systems", () => {
    for (const secret of [TOKEN, PASSWORD]) {
      assert.deepEqual(filesWith(secret, "/tmp", "/dev/shm", "/run", "/var/tmp", "/var/log/libvirt"), []);
    }
  });

  it("are not in the guest's folder: disks, memory file, console, records; and the seed is gone", () => {
    const { folder, snapshots, seed } = filesOf(farm);
    assert.deepEqual(filesWith(TOKEN, folder), []);
    assert.deepEqual(filesWith(PASSWORD, folder), []);
    assert.equal(existsSync(seed), false);
    const [memory, ...more] = filesWith(CANARY, snapshots);
    assert.ok(memory?.endsWith("/memory") && more.length === 0, "memory files can be searched");
    assert.equal(
      execFileSync("stat", ["-c", "%a %U", memory ?? ""], { encoding: "utf8" }).trim(),
      "400 root",
    );
  });

  it("of the farm itself, its key and the guest's, are in the encrypted state alone", async () => {
    const shown = await farm.pulumi("stack", "export", "--show-secrets", "-s", farm.stack);
    const keys = [...shown.output.matchAll(/-----BEGIN OPENSSH PRIVATE KEY-----((?:\\+n[A-Za-z0-9+/=]+)+)/g)];
    const lines = new Set(keys.map(([, body = ""]) => body.split(/\\+n/)[3] ?? ""));
    assert.ok(lines.size >= 2, "the farm's key and the guest's host key");
    const folders = ["/tmp", "/dev/shm", "/run", "/var/tmp", farm.state, farm.folder, filesOf(farm).folder];
    for (const line of lines) {
      assert.ok(line.length > 30, line);
      assert.deepEqual(filesWith(line, ...folders), []);
    }
  });
});
