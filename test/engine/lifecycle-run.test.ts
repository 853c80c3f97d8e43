import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { PLANTED_SECRET } from "../support/lifecycle-spec";
import { Bench } from "../support/run-harness";

/** The real front and supervisor processes, with a fake guest. */
/** Where a phase's log ends unless the farm file says otherwise; its last line says so. */
const LOG_LIMIT = 64 * 1024 ** 2;

describe("a lifecycle in processes of its own", function () {
  this.timeout(60_000);
  let bench: Bench;
  beforeEach(() => (bench = new Bench()));
  afterEach(() => bench.clean());

  it("runs everything the first time, the cached way the second, and keeps both results", async () => {
    const first = await bench.run();
    assert.equal(first.code, 0, first.stderr);
    assert.equal(bench.result.cache, "miss");
    assert.match(first.stdout, /tiny\/amd64 main: step 1\/1 work/);
    assert.match(first.stdout, /tiny\/amd64 passed in .* s, cache miss\n$/);
    assert.equal(bench.world.power, "off");
    assert.equal(bench.world.trace.at(-2), "lease given back");

    const before = bench.world.trace.length;
    const second = await bench.run();
    assert.equal(second.code, 0, second.stderr);
    assert.equal(bench.result.cache, "hit");
    assert.equal(bench.result.resumed, "memory");
    assert.deepEqual(
      bench.world.trace.slice(before).filter((line) => !/lease|close|starts|ends/.test(line)),
      ["restore acme.1.init", "drop", "wait", "set clock", "sync", "power off", "settle"],
    );
    assert.equal(bench.runs.length, 2);
  });

  it("leaves result, JUnit, page, logs and the summary beside the guest's disks", async () => {
    await bench.run();
    const [run = ""] = bench.runs;
    const result = bench.result;
    assert.equal(result.runId, run);
    assert.equal(result.phases.find(({ name }) => name === "main")!.log, `${run}/main.log`);
    assert.match(bench.inRun("main.log"), /1\/1 work/);
    assert.match(bench.inRun("run.log"), /main: started/);
    assert.match(bench.inRun("junit.xml"), /<testcase name="main"/);
    assert.match(bench.inRun("report.html"), /<h2>Phases<\/h2>/);
    assert.equal(bench.inRun("supervisor.log"), "");
    const summary = JSON.parse(readFileSync(bench.world.path("last-run.json"), "utf8")) as object;
    assert.deepEqual(Object.keys(summary), ["runId", "inputsDigest", "status", "finishedAt", "durationMs"]);
    assert.equal(statSync(join(bench.results, run)).mode & 0o777, 0o700);
  });

  it("fails with the first error, the last lines of its step and the path of the log", async () => {
    bench.world.play({ main: "fail", terminate: "fail" });
    const { code, stderr, stdout } = await bench.run();
    assert.equal(code, 1);
    const [run = ""] = bench.runs;
    assert.match(stderr, /^warning: terminate failed: step "work" ended with exit code 2/m);
    assert.match(
      stderr,
      /^main failed: step "work" ended with exit code 2\n {2}\| undefined reference\nlog: /m,
    );
    assert.ok(stderr.includes(join(run, "main.log")), stderr);
    assert.match(stdout, /failed in/);
    assert.equal(bench.world.power, "off");
  });

  it("keeps standard output below 64 KiB and memory below 120 MB when a phase prints 100 MB", async () => {
    bench.world.play({ main: { bytes: 100_000_000 } });
    const run = bench.start();
    await bench.traced("main starts");
    const pid = bench.world.holder!.pid;
    let peak = 0;
    const timer = setInterval(() => (peak = Math.max(peak, peakMemory(pid))), 50);
    const { code, stdout } = await run.ended;
    clearInterval(timer);
    assert.equal(code, 0);
    assert.ok(Buffer.byteLength(stdout) < 64 * 1024);
    const [name = ""] = bench.runs;
    const { size } = statSync(join(bench.results, name, "main.log"));
    assert.ok(size >= LOG_LIMIT && size < LOG_LIMIT + 1024, `the log has ${size} bytes`);
    assert.ok(peak > 0 && peak < 120_000_000, `peak memory was ${Math.round(peak / 1e6)} MB`);
  });

  it("shows a secret nowhere: not in output, logs, results, arguments or environment", async () => {
    bench.world.play({ init: "hang", main: "secret", secret: PLANTED_SECRET });
    const run = bench.start();
    await bench.traced("init starts");
    const pid = bench.world.holder!.pid;
    for (const name of ["cmdline", "environ"]) {
      assert.ok(!readFileSync(`/proc/${pid}/${name}`, "utf8").includes(PLANTED_SECRET), name);
    }
    run.kill("SIGTERM");
    await run.ended;
    bench.world.play({ main: "secret", secret: PLANTED_SECRET });
    const { stdout, stderr, code } = await bench.run();
    assert.equal(code, 1);
    const texts = [stdout, stderr, ...filesBelow(bench.base).map((path) => readFileSync(path, "utf8"))];
    const forms = [
      PLANTED_SECRET,
      Buffer.from(PLANTED_SECRET).toString("base64"),
      PLANTED_SECRET.slice(0, 12),
    ];
    for (const text of texts) for (const form of forms) assert.ok(!text.includes(form), text);
    assert.match(stderr, /could not use \*\*\*/);
    assert.match(bench.inRun("main.log"), /the secret is \*\*\*, and in base64/);
  });

  it("of a guest whose hypervisor is paused fails with that, and touches nothing", async () => {
    const refused = 'hypervisor "board" is paused in the farm file';
    const { code, stderr } = await bench.run({ ...bench.spec(), refused });
    assert.equal(code, 1);
    assert.match(stderr, /hypervisor "board" is paused in the farm file; the guest stays where it is/);
    assert.deepEqual(bench.world.trace, []);
  });

  it("has room on a hypervisor with limits while the guest may run, and never without the lease", async () => {
    const limits = { maxGuests: 1, wait: 60 };
    const { code, stderr } = await bench.run({ ...bench.spec(), limits });
    assert.equal(code, 0, stderr);
    const { trace } = bench.world;
    const [taken, room] = trace;
    assert.deepEqual([taken, room], ["lease taken", 'room taken of {"maxGuests":1}']);
    assert.deepEqual(trace.slice(-2), ["lease given back", "close"]);
  });

  it("takes a wrong specification for what it is, and makes nothing", async () => {
    const spec = { ...bench.spec(), settings: { ...bench.spec().settings, allowedPhases: ["mian"] } };
    const { code, stderr } = await bench.run(JSON.stringify(spec));
    assert.equal(code, 2);
    assert.match(stderr, /settings\.allowedPhases\.0/);
    assert.ok(!stderr.includes("    at "), stderr);
    assert.throws(() => bench.runs);
    assert.equal((await bench.run("{")).code, 2);
  });

  it("keeps the newest 20 runs", async () => {
    for (let n = 0; n < 25; n++) {
      const old = `20200101T000000${String(n).padStart(3, "0")}Z-abcdef`;
      mkdirSync(join(bench.results, old), { recursive: true });
    }
    await bench.run();
    assert.equal(bench.runs.length, 20);
    assert.equal(bench.runs[0], "20200101T000000006Z-abcdef");
  });
});

/** Peak resident memory of a process in bytes; 0 when it is gone. */
function peakMemory(pid: number): number {
  try {
    const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return Number(line?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
