import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { demoFarm } from "./support/demo-farm";
import { FarmUnderTest } from "./support/farm-under-test";
import { failed, says, upActs } from "./support/outcomes";
import { stateOf, TINY } from "./support/tiny-farm";

const MANY = 100_000_000;
const SUPERVISOR_LIMIT_KIB = 120 * 1024;
const ODD_NAMES = ["it's here", "$(touch pwned)", 'a"b&c<d>', "*", "-rf", "ünïcode", ".hidden"];
const SECRET = "s3cret-of-the-steps";

/** Where a phase's log ends unless the farm file says otherwise. */
const LOG_LIMIT = 64 * 1024 ** 2;

describe("steps", () => {
  const farm = FarmUnderTest.fresh();

  before(async () => {
    farm.farm(
      demoFarm({ secrets: ["token"], vars: { value: 'it\'s $(touch /pwned) & "more"', slow: true } }),
    );
    await farm.init();
    await farm.config("token", SECRET, "--secret");
  });
  after(() => farm.remove());

  it("do what they say, one after the other, in one guest", async () => {
    const folder = join(farm.folder, "stacks", farm.stack, "phases", "odd names");
    mkdirSync(join(folder, "inner folder"), { recursive: true });
    for (const name of ODD_NAMES) writeFileSync(join(folder, "inner folder", name), `content of ${name}`);
    farm.write(`stacks/${farm.stack}/phases/scripts/hello.sh`, 'echo "script says $GREETING"\n');
    farm.phase("common/more.yaml", { script: "../scripts/hello.sh", env: { GREETING: "${{ vars.value }}" } });
    farm.phase("init.yaml", { write: "/root/marks/of init", content: "made by init\n" });
    farm.phase(
      "main.yaml",
      { copy: "odd names", to: "/root/odd" },
      { fetch: "/root/odd", to: "odd back" },
      { write: "/root/a b/it's.txt", content: "${{ vars.value }}\n", mode: "0600" },
      { fetch: "/root/a b/it's.txt", to: "written" },
      { run: "stat -c 'mode %a' \"/root/a b/it's.txt\"" },
      { run: "echo value: ${{ vars.value }}" },
      { include: "common/more.yaml", when: "vars.slow && guest.name == 'tiny-amd64'" },
      { run: "echo not to be seen", when: "!vars.slow" },
      { run: "echo created again", creates: "/root/marks/of init" },
      { run: "echo wanted 12; exit 3", expect: { exitCode: [3, 4], stdout: "/^wanted \\d+$/m" } },
      {
        run: 'n=$(cat /tmp/n 2>/dev/null || echo 0); echo $((n + 1)) > /tmp/n; echo "try $n"; [ "$n" -ge 2 ]',
        retries: 4,
        retryDelay: 1,
      },
      { run: "(sleep 2; touch /tmp/late) >/dev/null 2>&1 &" },
      { waitFor: { file: "/tmp/late" }, every: 1, timeout: 120 },
      { waitFor: { port: 22 }, timeout: 60 },
      { waitFor: { command: "test -e /tmp/late" }, timeout: 60 },
      { run: 'read -r token; echo "length ${#token}, $token"', stdin: "${{ secrets.token }}\n" },
      { run: "cat /proc/sys/kernel/random/boot_id > /root/boot; echo in-memory > /dev/shm/mark" },
      { checkpoint: "before the damage" },
      { run: "rm -r /root/odd /dev/shm/mark; sync" },
      { restoreCheckpoint: "before the damage" },
      {
        run: "sync; echo 3 > /proc/sys/vm/drop_caches; ls -A '/root/odd/inner folder' | wc -l; echo mark: $(cat /dev/shm/mark)",
      },
      { reboot: true },
      {
        run: '[ ! -e /dev/shm/mark ]; [ "$(cat /root/boot)" != "$(cat /proc/sys/kernel/random/boot_id)" ]; echo booted anew',
      },
      {
        local: 'cp "$GUEST_FARM_ARTIFACTS/written" "$GUEST_FARM_ARTIFACTS/copied here"; cat',
        stdin: "from standard input",
      },
    );
    assert.deepEqual(await upActs(farm, TINY), [
      "startup",
      "create clean",
      "init",
      "create init",
      "main",
      "shutdown",
    ]);
    const log = farm.kept(TINY, "main.log");
    const odd = 'it\'s $(touch /pwned) & "more"';
    const saysInLog = (text: string) =>
      assert.ok(log.includes(`${text}\n`), `${text} is not in the log:\n${log}`);
    assert.equal(farm.kept(TINY, "artifacts/written"), `${odd}\n`);
    assert.equal(farm.kept(TINY, "artifacts/copied here"), `${odd}\n`);
    saysInLog("mode 600");
    saysInLog(`value: ${odd}`);
    saysInLog(`script says ${odd}`);
    saysInLog("try 2");
    saysInLog("mark: in-memory");
    saysInLog("booted anew");
    assert.match(log, /from standard input/);
    assert.match(log, new RegExp(`length ${SECRET.length}, \\*+`));
    for (const not of [SECRET, "\nnot to be seen\n", "\ncreated again\n", "\ntry 3\n"]) {
      assert.ok(!log.includes(not), `${not} is in the log:\n${log}`);
    }
    const back = join(farm.lastRun(TINY), "artifacts", "odd back", "inner folder");
    assert.deepEqual(readdirSync(back).sort(), [...ODD_NAMES].sort());
    for (const name of ODD_NAMES) assert.equal(readFileSync(join(back, name), "utf8"), `content of ${name}`);
  });

  it("may print whatever they like, and as much: the log ends at its limit, the supervisor holds none", async () => {
    farm.phase(
      "main.yaml",
      { run: `yes 'a line of output that is not short' | head -c ${MANY}` },
      { run: "head -c 200000 /dev/urandom; printf '\\033[2J\\007'; head -c 1000 /dev/urandom >&2" },
      { local: 'grep -E "^(Name|VmHWM)" "/proc/$PPID/status" > "$GUEST_FARM_ARTIFACTS/supervisor"' },
    );
    await upActs(farm, TINY);
    const size = statSync(join(farm.lastRun(TINY), "main.log")).size;
    assert.ok(MANY > LOG_LIMIT && size >= LOG_LIMIT && size < LOG_LIMIT + 1024, `the log has ${size} bytes`);
    const process = farm.kept(TINY, "artifacts/supervisor");
    assert.match(process, /^Name:\s+node$/m);
    const peak = Number(/^VmHWM:\s+(\d+) kB$/m.exec(process)?.[1]);
    assert.ok(peak > 0 && peak < SUPERVISOR_LIMIT_KIB, `the supervisor took ${peak} KiB`);
    farm.result(TINY);
  });

  it("are killed in the guest when their time is over", async () => {
    farm.phase("main.yaml", { name: "endless", run: "echo begun; sleep 86398 & sleep 86398", timeout: 5 });
    farm.phase("terminate.yaml", { run: "ps; ! ps | grep -q '[s]leep 86398'" });
    const run = failed(await farm.up());
    says(run, /main failed: .*endless.*5 s/s);
    assert.deepEqual(farm.acted(TINY), ["restore init", "main", "terminate", "shutdown"]);
    const terminate = farm.result(TINY).phases.find(({ name }) => name === "terminate");
    assert.equal(terminate?.status, "passed", farm.kept(TINY, "terminate.log"));
    assert.equal(stateOf(farm), "shut off");
  });
});

describe("steps of another user", () => {
  const farm = FarmUnderTest.fresh();
  const PASSWORD = "pass word of root's";

  before(async () => {
    farm.farm(
      demoFarm(
        {},
        {
          auth: {
            user: "worker",
            key: "generated",
            become: { user: "root", method: "su", password: { secret: "rootPassword" } },
          },
          seed: { users: [{ name: "worker" }, { name: "other" }] },
        },
      ),
    );
    farm.phase(
      "main.yaml",
      { run: "command -v sudo && exit 1; id -un" },
      { run: "echo $(id -un) with $(cat)", user: "root", stdin: "input" },
      { run: "id -un > /root/by-root", user: "root" },
      { write: "/root/written", content: "by root", user: "root", owner: "worker", mode: "0400" },
      { fetch: "/root/by-root", user: "root" },
      { run: "cat /root/by-root 2>/dev/null || echo refused" },
    );
    await farm.init();
    await farm.config("rootPassword", PASSWORD, "--secret");
  });
  after(() => farm.remove());

  it("run by su with a password, where there is no sudo", async () => {
    await upActs(farm, TINY);
    const log = farm.kept(TINY, "main.log");
    for (const text of ["worker", "root with input", "refused"]) assert.ok(log.includes(`${text}\n`), log);
    assert.equal(farm.kept(TINY, "artifacts/by-root"), "root\n");
    assert.ok(!log.includes(PASSWORD), log);
  });
});
