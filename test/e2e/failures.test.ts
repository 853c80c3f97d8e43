import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { demoFarm } from "./support/demo-farm";
import { FarmUnderTest } from "./support/farm-under-test";
import { failed, FROM_INIT, says, succeeded, upActs } from "./support/outcomes";
import { domainOf, stateOf, TINY, tinyFarm, virsh } from "./support/tiny-farm";

/** File of the controller, beside the folders of the runs, as a `local` step sees it. */
const MENDED = '"$GUEST_FARM_ARTIFACTS/../../mended"';

describe("a phase that fails", () => {
  const farm = FarmUnderTest.fresh();

  before(async () => {
    farm.phase("dependencies.yaml", { run: "echo done > /root/dependencies" });
    farm.phase("init.yaml", { run: "echo done > /root/init" });
    farm.phase("terminate.yaml", { run: "echo terminated" });
    farm.farm(demoFarm());
    await farm.init();
  });
  after(() => farm.remove());

  /** Status of each phase that acted in the last run. */
  const dealt = () =>
    Object.fromEntries(
      farm
        .result(TINY)
        .phases.flatMap(({ name, status }) => (status === "skipped" ? [] : [[name, status] as const])),
    );

  it("fails the update, and is cleaned up behind", async () => {
    farm.phase(
      "main.yaml",
      { run: "echo fine so far" },
      { include: "parts/breaks.yaml" },
      { run: "echo never reached" },
    );
    farm.phase("parts/breaks.yaml", {
      name: "the one that breaks",
      local: `test -e ${MENDED} || { echo to standard output; echo the reason >&2; exit 7; }`,
      retries: 1,
      retryDelay: 1,
    });
    const run = failed(await farm.up());
    says(
      run,
      "main failed: ",
      "the one that breaks",
      "exit code 7",
      "  | to standard output",
      "  | the reason",
    );
    says(run, /log: \S*\/tiny-amd64\/\S+\/main\.log/);
    assert.doesNotMatch(farm.kept(TINY, "main.log"), /never reached/);
    assert.deepEqual(
      { ...dealt(), status: farm.result(TINY).status },
      {
        startup: "passed",
        "create clean": "passed",
        dependencies: "passed",
        init: "passed",
        "create init": "passed",
        main: "failed",
        terminate: "passed",
        shutdown: "passed",
        status: "failed",
      },
    );
    assert.equal(farm.result(TINY).phases.find(({ name }) => name === "main")?.exitCode, 7);
    assert.match(farm.kept(TINY, "junit.xml"), /failures="1"/);
    assert.equal(stateOf(farm), "shut off");
  });

  it("runs again without any change, and starts from what the failed run has made", async () => {
    says(succeeded(await farm.preview()), /tiny-amd64: hit: .* \((first run|the last run failed)\)/);
    writeFileSync(join(farm.results(TINY), "mended"), "");
    assert.deepEqual(await upActs(farm, TINY), FROM_INIT);
    says(succeeded(await farm.up()), "nothing runs");
  });

  it("ends in a guest that is off, also when it is terminate", async () => {
    farm.phase("terminate.yaml", { run: "exit 9" });
    const run = failed(await farm.up());
    says(run, /terminate failed: .*exit code 9/);
    assert.deepEqual(dealt(), {
      "restore init": "passed",
      main: "passed",
      terminate: "failed",
      shutdown: "passed",
    });
    assert.equal(stateOf(farm), "shut off");
  });

  it("ends in a guest that is off, also when its guest never answers", async () => {
    farm.farm(
      demoFarm(
        {},
        { readiness: { timeout: 4 }, kernel: { cmdline: "console=ttyS0 panic=0 rdinit=/nothing" } },
      ),
    );
    const run = failed(await farm.up());
    // Whichever is seen first: a kernel without its init panics about when the time is over.
    says(run, /startup failed: .*(4 s|has panicked)/);
    assert.equal(dealt()["startup"], "failed");
    assert.equal(dealt()["shutdown"], "passed");
    assert.equal(stateOf(farm), "shut off");
  });
});

describe("an image that cannot be had", () => {
  const farm = FarmUnderTest.fresh();

  before(async () => {
    farm.phase("main.yaml", { run: "echo ran" });
    farm.farm({
      ...tinyFarm(),
      platforms: { broken: { image: { url: "http://127.0.0.1:1/nobody.qcow2", trust: "unverified" } } },
      guests: {
        list: [
          { platform: "broken", target: "amd64" },
          { platform: "tiny", target: "amd64" },
        ],
      },
    });
    await farm.init();
  });
  after(() => farm.remove());

  it("fails the guest that needs it, and leaves the run of the other one alone", async () => {
    const run = failed(await farm.up("--continue-on-error"));
    says(run, "http://127.0.0.1:1/nobody.qcow2");
    assert.doesNotMatch(run.output, /has a problem|Invalid input/);
    assert.equal(farm.result(TINY).status, "passed");
    assert.equal(stateOf(farm, "broken-amd64"), "missing");
  });
});

describe("allowed phases", () => {
  const farm = FarmUnderTest.fresh();

  before(async () => {
    farm.phase("init.yaml", { run: "echo made > /root/init" });
    farm.phase(
      "main.yaml",
      { run: "cat /root/init" },
      { skip: ["terminate", "shutdown"], when: "vars.leave" },
    );
    farm.phase("terminate.yaml", { run: "echo terminated" });
    farm.farm(demoFarm({ vars: { leave: false } }));
    await farm.init();
  });
  after(() => farm.remove());

  it("are known by name, and the nearest is named", async () => {
    await farm.config("allowedPhases", JSON.stringify(["startup", "inti"]));
    const run = failed(await farm.preview());
    says(run, /inti/, /init/, /Pulumi\.\w+\.yaml|allowedPhases/);
  });

  it("are the only ones that act", async () => {
    await farm.config("allowedPhases", JSON.stringify(["startup", "init", "create init", "shutdown"]));
    assert.deepEqual(await upActs(farm, TINY), ["startup", "init", "create init", "shutdown"]);
    const reasons = Object.fromEntries(farm.result(TINY).phases.map(({ name, reason }) => [name, reason]));
    assert.equal(reasons["main"], "not allowed");
    await farm.config("allowedPhases", JSON.stringify(["restore init", "main"]));
    assert.deepEqual(await upActs(farm, TINY), ["restore init", "main"]);
    assert.equal(virsh("domstate", domainOf(farm)).trim(), "running");
  });

  it("do not matter to what a phase takes out", async () => {
    succeeded(await farm.pulumi("config", "rm", "-s", farm.stack, "guest-farm:allowedPhases"));
    farm.farm(demoFarm({ vars: { leave: true } }));
    assert.deepEqual((await upActs(farm, TINY)).slice(-2), ["restore init", "main"]);
    assert.equal(
      farm.result(TINY).phases.find(({ name }) => name === "shutdown")?.reason,
      "taken out by main",
    );
    assert.equal(stateOf(farm), "running");
    farm.farm(demoFarm({ vars: { leave: false } }));
    assert.deepEqual(await upActs(farm, TINY), ["restore init", "main", "terminate", "shutdown"]);
    assert.equal(stateOf(farm), "shut off");
  });
});
