import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { basename, resolve } from "node:path";
import { promisify } from "node:util";
import { PHASES } from "../../phases/lifecycle/phase-names";
import type { SeenProcess } from "../support/processes";
import { FarmUnderTest } from "./support/farm-under-test";
import { eventually, type StartedPulumi } from "./support/started-pulumi";
import { filesOf, logOf, newestRun, printed, stateOf, TINY, tinyFarm } from "./support/tiny-farm";

const STACK_SCRIPT = resolve(__dirname, "../../toolchain/stack.mjs");
/** Far longer than any test waits. */
const FOREVER = 86_399;

/** Real signals to the processes of real runs, while a real guest is in the middle of `main`. */
describe("a run that is killed in the middle of main", function () {
  this.timeout(600_000);
  let farm: FarmUnderTest;
  let started: StartedPulumi;

  before(async () => {
    farm = FarmUnderTest.fresh();
    farm.phase("init.yaml", { run: "echo made > /root/made" });
    farm.phase("main.yaml", {
      name: "work",
      run: "cat /root/made; echo main-has-begun; sleep ${{ vars.seconds }}",
    });
    farm.phase("terminate.yaml", {
      name: "clean",
      run: `if ps | grep -q "[s]leep ${FOREVER}"; then echo main still runs; exit 1; fi; echo terminate-has-run`,
    });
    mainTakes(0);
    await farm.init();
    const first = await farm.up();
    assert.equal(first.exitCode, 0, first.output);
    mainTakes(FOREVER);
  });
  after(() => farm.remove());
  const mainTakes = (seconds: number) => farm.farm(tinyFarm({ project: { vars: { seconds } } }));

  /** What the README says for plain `pulumi` after it was killed itself. */
  async function takeTheLockAway(): Promise<void> {
    const locked = await farm.up();
    assert.notEqual(locked.exitCode, 0);
    assert.match(locked.output, /locked by 1 lock/);
    assert.equal((await farm.pulumi("cancel", "-s", farm.stack, "--yes")).exitCode, 0);
  }

  /** Starts an update and waits until its main, from the init snapshot, is under way. */
  async function startMain(wrapper?: (argv: readonly string[]) => readonly string[]): Promise<void> {
    const before = newestRun(farm);
    started = farm.start(wrapper === undefined ? {} : { wrapper });
    await printed(farm, "main", "main-has-begun", before);
  }

  /** The one process of the farm of which this is so. */
  function processThat(what: string, isIt: (process: SeenProcess) => boolean): number {
    const found = farm.processes().filter(isIt);
    assert.equal(found.length, 1, `${what}: ${JSON.stringify(found.map(({ argv }) => argv))}`);
    return found[0]?.pid ?? 0;
  }
  const front = () =>
    processThat("the front", ({ argv }) =>
      /^node -e require\("guest-farm\/lifecycle"\)\.main\(\)/.test(argv),
    );
  const plugin = () =>
    processThat("the command plugin", ({ argv }) => argv.includes("pulumi-resource-command"));
  const provider = () =>
    processThat("the dynamic provider", ({ argv }) =>
      /node .*dynamic-provider|pulumi-resource-pulumi-nodejs/.test(argv),
    );

  /** All that has to be true after a run that was broken off, soon after the kill. */
  async function cleanedUp(): Promise<void> {
    await eventually("the end of all processes of the run", () => farm.remaining().length === 0).catch(
      (error: unknown) => {
        throw new Error(
          `${String(error)}; left:\n${farm
            .remaining()
            .map(({ argv }) => argv)
            .join("\n")}`,
        );
      },
    );
    const result = farm.result(TINY);
    assert.equal(result.runId, basename(newestRun(farm) ?? ""));
    assert.equal(result.status, "cancelled");
    assert.equal(result.cache, "hit");
    assert.equal(result.resumed, "memory");
    assert.deepEqual(result.phases.map(({ name }) => name).sort(), [...PHASES].sort());
    const statusOf = (name: string) => result.phases.find((phase) => phase.name === name)?.status;
    assert.equal(statusOf("main"), "cancelled");
    assert.equal(statusOf("terminate"), "passed");
    assert.equal(statusOf("shutdown"), "passed");
    assert.match(logOf(farm, "terminate"), /terminate-has-run/);
    assert.equal(stateOf(farm), "shut off");
    assert.equal(existsSync(filesOf(farm).leaseHolder), false, "the lease was given back");
    assert.deepEqual(readdirSync(farm.temporary), []);
  }

  it("by one SIGINT, as Ctrl-C sends it, ends cleanly and says so", async () => {
    await startMain();
    started.interrupt("SIGINT");
    const { exitCode, output } = await started.ended;
    assert.notEqual(exitCode, 0);
    assert.match(output, /cancel/i);
    await cleanedUp();
  });

  it("by two SIGINTs ends cleanly behind the back of pulumi", async () => {
    await startMain();
    started.interrupt("SIGINT");
    started.interrupt("SIGINT");
    await started.ended;
    await cleanedUp();
    const refresh = ["refresh", "--clear-pending-creates", "--yes", "--skip-preview", "-s", farm.stack];
    assert.equal((await farm.pulumi(...refresh)).exitCode, 0);
  });

  it("by SIGTERM ends cleanly", async () => {
    await startMain();
    started.kill("SIGTERM");
    await started.ended;
    await cleanedUp();
  });

  it("by a terminal that is closed ends cleanly", async () => {
    await startMain((argv) => ["script", "--quiet", "--command", argv.join(" "), "/dev/null"]);
    started.kill("SIGKILL");
    await cleanedUp();
    await takeTheLockAway();
  });

  it("by SIGKILL of the front ends cleanly, and the update fails", async () => {
    await startMain();
    process.kill(front(), "SIGKILL");
    const { exitCode } = await started.ended;
    assert.notEqual(exitCode, 0);
    await cleanedUp();
    assert.match(farm.result(TINY).error ?? "", /the program that started this run has ended/);
  });

  it("by SIGKILL of the command plugin ends cleanly; that of the provider of resources done is no harm", async () => {
    await startMain();
    process.kill(provider(), "SIGKILL");
    process.kill(plugin(), "SIGKILL");
    const { exitCode } = await started.ended;
    assert.notEqual(exitCode, 0);
    await cleanedUp();
  });

  it("by SIGKILL of pulumi ends cleanly, and `make up` goes on from the init snapshot", async () => {
    await startMain();
    started.kill("SIGKILL");
    await started.ended;
    await cleanedUp();

    mainTakes(0);
    const made = await promisify(execFile)("node", [STACK_SCRIPT, "up", farm.stack, "--non-interactive"], {
      cwd: farm.folder,
      env: farm.environment(),
    });
    assert.match(made.stdout, /was killed and left a lock/);
    const result = farm.result(TINY);
    assert.deepEqual([result.status, result.cache, result.resumed], ["passed", "hit", "memory"]);
    assert.deepEqual(result.warnings, []);
  });
});
