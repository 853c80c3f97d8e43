import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { eventually, processesWith, PulumiProject, RunningPulumi } from "../../support/pulumi-project";

const SCRIPT = resolve(__dirname, "../../../toolchain/stack.mjs");
/** As an argument of `sleep` it tells our command from others. */
const SLEEP = "86461";

describe("make up that gets a signal", function () {
  this.timeout(60_000);
  let project: PulumiProject;
  let child: ChildProcess;
  let run: RunningPulumi;

  before(async () => {
    project = new PulumiProject({
      program: join(__dirname, "endless.js"),
      packages: ["@pulumi/pulumi", "@pulumi/command"],
      plugins: { "command@1.2.1": undefined },
    });
    project.environment.WORK = project.folder;
    const { code, output } = await project.run(["stack", "init", "s"]);
    assert.equal(code, 0, output);
  });
  after(() => project.remove());
  afterEach(() => {
    for (const pid of processesWith(`sleep ${SLEEP}`)) process.kill(pid, "SIGKILL");
  });

  /** Starts an update in a group of its own, and waits until its command runs. */
  async function start(
    wrapped: (argv: readonly string[]) => readonly string[] = (argv) => argv,
  ): Promise<void> {
    rmSync(join(project.folder, "started"), { force: true });
    const [program = "", ...args] = wrapped([process.execPath, SCRIPT, "up", "s"]);
    child = spawn(program, args, {
      cwd: project.folder,
      env: { ...project.environment, SLEEP },
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    run = new RunningPulumi(child);
    await eventually("the command runs", () => existsSync(join(project.folder, "started")), 30);
  }
  const locks = () => {
    const folder = join(project.folder, "state/.pulumi/locks/organization/throw-away/s");
    return existsSync(folder) ? readdirSync(folder) : [];
  };
  async function cleanedUp(): Promise<void> {
    await eventually("the end of the command", () => processesWith(`sleep ${SLEEP}`).length === 0, 20);
    await eventually("the end of its lock", () => locks().length === 0, 20);
  }

  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    it(`${signal} to it alone cancels pulumi, and it ends after that`, async () => {
      await start();
      child.kill(signal);
      const { code, output } = await run.ended;
      assert.ok(code !== 0 && code !== null, `exit code ${code}: ${output}`);
      assert.match(output, /received; cancelling/);
      assert.doesNotMatch(output, /received; terminating/);
      await cleanedUp();
    });
  }

  it("SIGINT to its whole group reaches pulumi once", async () => {
    await start();
    process.kill(-(child.pid ?? 0), "SIGINT");
    const { code, output } = await run.ended;
    assert.ok(code !== 0 && code !== null, output);
    assert.match(output, /received; cancelling/);
    assert.doesNotMatch(output, /received; terminating/);
    await cleanedUp();
  });

  it("Ctrl-C in a terminal reaches pulumi once, and the prompt comes back after it has ended", async () => {
    await start((argv) => ["script", "--quiet", "--return", "--command", argv.join(" "), "/dev/null"]);
    child.stdin?.write("\x03");
    const { code, output } = await run.ended;
    assert.ok(code !== 0 && code !== null, output);
    assert.match(output, /received; cancelling/);
    assert.doesNotMatch(output, /received; terminating/);
    assert.match(output, /Not all of it was done/);
    await cleanedUp();
  });

  it("a terminal that is closed cancels pulumi, which gives its lock back", async () => {
    await start((argv) => ["script", "--quiet", "--command", argv.join(" "), "/dev/null"]);
    child.kill("SIGKILL");
    await cleanedUp();
  });

  it("SIGKILL of it cancels pulumi", async () => {
    await start();
    child.kill("SIGKILL");
    await cleanedUp();
  });

  it("SIGKILL of make cancels pulumi", async () => {
    const rule = `all: ; @exec ${process.execPath} ${SCRIPT} up s`;
    await start(() => ["make", "--eval", rule, "all"]);
    child.kill("SIGKILL");
    await cleanedUp();
  });
});
