import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openLocalShell } from "../../../connections/local";
import { HostKeyError } from "../../../connections/guest-connection";
import { LinkLostError } from "../../../connections/shell";
import { bench, benchFor, failed, removeBenches } from "./support/guest";
import { removeFolders } from "./support/project";

describe("the steps of a phase", () => {
  afterEach(() => {
    removeFolders();
    removeBenches();
  });

  it("run in order, and say so", async () => {
    const b = await benchFor("steps:\n  - run: echo one\n  - name: second\n    run: echo two\n");
    assert.deepEqual(await b.run(), { status: "passed", skip: [] });
    assert.deepEqual(b.log.lines, ["main 1/2 echo one", "  passed", "main 2/2 second", "  passed"]);
    assert.equal(b.log.tail, "one\ntwo\n");
  });

  it("are none where there is no file", async () => {
    assert.deepEqual(await (await bench({})).run("init"), { status: "none" });
  });

  it("end with the first that fails, with its place, exit code and last lines", async () => {
    const b = await benchFor(
      "steps:\n  - run: |\n      seq 100\n      echo oops >&2\n      exit 3\n  - run: echo never\n",
    );
    const outcome = failed(await b.run());
    assert.equal(outcome.reason, "seq 100 (stacks/x/phases/main.yaml:2): exit code 3");
    assert.equal(outcome.exitCode, 3);
    assert.equal(outcome.lastLines.length, 40);
    assert.ok(outcome.lastLines.includes("oops") && outcome.lastLines.includes("100"));
    assert.ok(!outcome.lastLines.includes("1"));
    assert.equal(b.guest.scripts.length, 1);
    assert.equal(b.log.lines.at(-1), "  failed");
  });

  it("keep as many last lines as asked for", async () => {
    const b = await benchFor("steps: [{run: 'seq 100; false'}]\n", {}, { lastLines: 2 });
    assert.deepEqual(failed(await b.run()).lastLines, ["99", "100"]);
  });

  it("fail at the first command that fails, not at the last", async () => {
    const b = await benchFor("steps:\n  - run: |\n      false\n      echo never\n");
    assert.equal(failed(await b.run()).exitCode, 1);
    assert.equal(b.log.tail, "");
  });

  it("get their values as data", async () => {
    const vars = { nasty: "$(touch injected); 'x' \"y\"", list: ["a b", "c"] };
    const b = await benchFor(
      "steps:\n  - run: printf '%s|' ${{ vars.nasty }} \"${{ vars.nasty }}\" '${{ vars.nasty }}' ${{ vars.list }}\n",
      { context: { vars } },
    );
    await b.run();
    assert.equal(b.log.tail, `${vars.nasty}|${vars.nasty}|${vars.nasty}|a b|c|`);
    assert.ok(!existsSync(join(b.guest.home, "injected")));
  });

  it("get dir, env, stdin and run id", async () => {
    const b = await benchFor(
      "steps:\n  - run: 'pwd; cat; echo $A $B ${{ run.id }}'\n    dir: ${{ vars.dir }}\n    stdin: in-${{ vars.dir }}\n    env: {A: 1, B: '${{ vars.dir }}'}\n",
      { context: { vars: { dir: "." } } },
    );
    await b.run();
    assert.equal(b.log.tail, `${b.guest.home}\nin-.1 . run-1\n`);
  });

  it("run a script file as it is", async () => {
    const files = {
      "main.yaml": "steps:\n  - script: a/x.sh\n",
      "a/x.sh": "#!/bin/sh\nfalse\necho '${{ not }}'\n",
    };
    const b = await bench(files);
    assert.equal((await b.run()).status, "passed");
    assert.equal(b.log.tail, "${{ not }}\n");
  });

  it("become another user in the way of the guest", async () => {
    const main =
      "steps:\n  - run: a\n    user: root\n  - run: b\n    user: debian\n  - write: /x\n    content: y\n    user: bob\n";
    const become = { user: "root", method: "sudo", password: "pw" } as const;
    const b = await benchFor(main, { guest: { become } });
    b.guest.answer = () => ({ exitCode: 0, stdout: "", stderr: "" });
    await b.run();
    assert.deepEqual(
      b.guest.scripts.map((script) => script.as),
      [become, undefined],
    );
    assert.deepEqual(b.guest.written[0]?.options.as, { user: "bob", method: "sudo", password: "pw" });
    const c = await benchFor("steps:\n  - run: a\n    user: bob\n", {
      guest: { user: "root", become: undefined as never },
    });
    c.guest.answer = () => ({ exitCode: 0, stdout: "", stderr: "" });
    await c.run();
    assert.deepEqual(c.guest.scripts[0]?.as, { user: "bob", method: "su" });
  });

  it("are left out when their condition does not hold, and those of their include", async () => {
    const b = await bench({
      "main.yaml":
        "steps:\n  - {run: echo a, when: target.name == 'arm64'}\n  - {run: echo b, when: '${{ !vars.off }}'}\n  - {include: more.yaml, when: vars.off}\n",
      "more.yaml": "steps:\n  - run: echo c\n",
      "vars.yaml": "off: ''\n",
    });
    await b.run();
    assert.equal(b.log.tail, "b\n");
    assert.deepEqual(
      b.log.lines.filter((line) => line.startsWith("  ")),
      [
        "  skipped: its condition does not hold",
        "  skipped",
        "  passed",
        "  skipped: its condition does not hold",
        "  skipped",
      ],
    );
  });

  it("are left out when what they create is there", async () => {
    const b = await benchFor(
      "steps:\n  - {run: 'echo ran; touch x', creates: x}\n  - {run: echo again, creates: x}\n",
    );
    await b.run();
    assert.equal(b.log.tail, "ran\n");
    assert.ok(b.log.lines.includes("  skipped: x is there"));
  });

  const expectations: Record<string, [step: string, reason: string | null]> = {
    "an exit code that is expected": ["{run: exit 3, expect: {exitCode: 3}}", null],
    "one of several exit codes": ["{run: exit 1, expect: {exitCode: [0, 1]}}", null],
    "another exit code": ["{run: exit 0, expect: {exitCode: [2, 3]}}", "exit code 0 instead of 2 or 3"],
    "text that is there": ["{run: echo a b, expect: {stdout: a b}}", null],
    "text that is not there": ["{run: echo a, expect: {stdout: b}}", 'standard output does not contain "b"'],
    "a pattern that matches": ["{run: 'printf \"a\\nok\\n\"', expect: {stdout: /^ok$/m}}", null],
    "a pattern that does not": [
      "{run: echo nok, expect: {stdout: /^ok$/m}}",
      "standard output does not match /^ok$/m",
    ],
  };
  for (const [what, [step, reason]] of Object.entries(expectations)) {
    it(`know ${what}`, async () => {
      const outcome = await (await benchFor(`steps:\n  - ${step}\n`)).run();
      if (reason === null) assert.equal(outcome.status, "passed");
      else assert.match(failed(outcome).reason, new RegExp(`${reason.replace(/[/^$]/g, "\\$&")}$`));
    });
  }

  it("are tried again, with time between", async () => {
    const step = "run: 'echo x >>n; [ $(wc -l <n) -ge 3 ]'\n    retries: 3\n    retryDelay: 7\n";
    const b = await benchFor(`steps:\n  - ${step}`);
    assert.equal((await b.run()).status, "passed");
    assert.deepEqual(b.clock.sleeps, [7000, 7000]);
    assert.ok(b.log.lines.includes("  exit code 1; try 2 of 4 in 7 s"));
    const hopeless = await benchFor("steps:\n  - {run: 'false', retries: 2}\n");
    assert.equal((await hopeless.run()).status, "failed");
    assert.deepEqual(hopeless.clock.sleeps, [5000, 5000]);
    assert.equal(hopeless.guest.scripts.length, 3);
  });

  it("are tried again after a lost link, never after a wrong host key", async () => {
    const b = await benchFor("steps:\n  - {run: a, retries: 5}\n");
    b.guest.answer = () => {
      if (b.guest.scripts.length < 2) throw new LinkLostError("the guest", "reset");
      throw new HostKeyError("127.0.0.1", "another key");
    };
    const outcome = failed(await b.run());
    assert.match(outcome.reason, /another host key/);
    assert.equal(outcome.exitCode, null);
    assert.equal(b.guest.scripts.length, 2);
  });

  it("end after their time", async () => {
    const b = await benchFor("steps:\n  - {run: 'echo before; sleep 60', timeout: 0.3}\n");
    const outcome = failed(await b.run());
    assert.match(outcome.reason, /did not end within 0.3 s/);
    assert.deepEqual(outcome.lastLines, ["before"]);
    const c = await benchFor("steps:\n  - run: 'true'\n", {}, { stepTimeoutMs: 1234 });
    await c.run();
    assert.equal(c.guest.scripts[0]?.timeoutMs, 1234);
  });

  it("stop when the run is cancelled: that is no failure", async () => {
    const b = await benchFor("steps:\n  - {run: sleep 60, retries: 3}\n  - run: echo never\n");
    const cancel = new AbortController();
    const running = b.run("main", cancel.signal);
    setTimeout(() => cancel.abort(new Error("cancelled by the user")), 100);
    await assert.rejects(running, /cancelled by the user/);
    assert.equal(b.guest.scripts.length, 1);
  });

  it("do not begin when the run is already cancelled", async () => {
    const b = await benchFor("steps:\n  - run: echo never\n");
    await assert.rejects(b.run("main", AbortSignal.abort(new Error("too late"))), /too late/);
    assert.equal(b.guest.scripts.length, 0);
  });

  it("take later phases out", async () => {
    const b = await benchFor(
      "steps:\n  - skip: [terminate, shutdown]\n  - {skip: shutdown, when: false}\n  - skip: shutdown\n",
    );
    assert.deepEqual(await b.run(), { status: "passed", skip: ["terminate", "shutdown"] });
  });

  it("keeps what was taken out when a later step fails, and nothing of what comes after that one", async () => {
    const b = await benchFor("steps:\n  - skip: shutdown\n  - run: 'false'\n  - skip: terminate\n");
    assert.deepEqual(failed(await b.run()).skip, ["shutdown"]);
  });

  it("make and restore checkpoints", async () => {
    const b = await benchFor(
      "steps:\n  - checkpoint: cp-${{ run.id }}\n  - restoreCheckpoint: cp-${{ run.id }}\n",
    );
    assert.equal((await b.run()).status, "passed");
    assert.deepEqual(b.checkpoints, ["create cp-run-1", "restore cp-run-1"]);
  });

  it("fail when a checkpoint cannot be taken in time", async () => {
    let aborted = false;
    const create = (_: string, signal: AbortSignal) =>
      new Promise<void>(() => signal.addEventListener("abort", () => (aborted = true)));
    const checkpoints = { create, restore: () => Promise.reject(new Error("there is no such checkpoint")) };
    const main = "steps:\n  - {checkpoint: a, timeout: 0.1}\n";
    assert.match(
      failed(await (await benchFor(main, {}, { checkpoints })).run()).reason,
      /did not end within 0.1 s/,
    );
    assert.ok(aborted);
  });

  it("copy, write and fetch", async () => {
    const b = await bench(
      {
        "main.yaml": [
          "steps:",
          "  - {copy: src/, to: tally, owner: '${{ vars.who }}', user: root}",
          "  - {copy: src/a.c, to: /opt/, mode: '644'}",
          "  - {write: /etc/a, content: 'v ${{ vars.who }}'}",
          "  - {write: /etc/b, content: '${{ secrets.token }}'}",
          "  - {write: /etc/c, content: '', mode: '0755'}",
          "  - fetch: /var/log/report.xml",
          "  - {fetch: reports/, to: 'all/${{ run.id }}', user: root}",
          "",
        ].join("\n"),
        "src/a.c": "int a;\n",
      },
      { context: { vars: { who: "bob:staff" }, secrets: { token: "hunter22" } } },
    );
    assert.equal((await b.run()).status, "passed");
    assert.deepEqual(
      b.guest.copied.map(({ from, to, options: { mode, owner, as } }) => [
        from.replace(/.*phases./, ""),
        to,
        mode,
        owner,
        as?.user,
      ]),
      [
        ["src", "tally", undefined, "bob:staff", "root"],
        ["src/a.c", "/opt/a.c", "0644", undefined, undefined],
      ],
    );
    assert.deepEqual(
      b.guest.written.map(({ path, content, options }) => [path, content, options.mode]),
      [
        ["/etc/a", "v bob:staff", "0644"],
        ["/etc/b", "hunter22", "0600"],
        ["/etc/c", "", "0755"],
      ],
    );
    assert.deepEqual(
      b.guest.fetched.map(({ from, to, options }) => [from, to.slice(b.artifacts.length), options.as?.user]),
      [
        ["/var/log/report.xml", "/report.xml", undefined],
        ["reports/", "/all/run-1", "root"],
      ],
    );
    assert.ok(b.guest.fetched.every(({ options }) => options.within === b.artifacts));
  });

  it("run on the controller, in the folder of their file, with what they need on standard input", async () => {
    const seen: (readonly string[])[] = [];
    const shell = openLocalShell();
    const files = {
      "main.yaml": "steps:\n  - include: sub/a.yaml\n",
      "sub/a.yaml":
        'steps:\n  - local: |\n      pwd\n      cat >"$GUEST_FARM_ARTIFACTS/in"\n      echo ${{ vars.x }} $A\n    stdin: \'key ${{ secrets.token }}\'\n    env: {A: "it\'s"}\n  - {local: exit 4, expect: {exitCode: 4}}\n  - {local: echo no, creates: a.yaml}\n',
    };
    const context = { vars: { x: "$(id) 'q'" }, secrets: { token: "hunter22" } };
    const local = {
      run: (command: Parameters<typeof shell.run>[0]) => {
        seen.push(command.argv);
        return shell.run(command);
      },
    };
    const b = await bench(files, { context }, { local });
    assert.equal((await b.run()).status, "passed", JSON.stringify(b.log.lines));
    assert.match(b.log.tail, /\/phases\/sub\n\$\(id\) 'q' it's\n$/);
    assert.equal(readFileSync(join(b.artifacts, "in"), "utf8"), "key hunter22");
    assert.ok(!JSON.stringify(seen).includes("hunter22"), "a secret in argv");
    assert.ok(b.log.lines.includes("  skipped: sub/a.yaml is there"));
  });

  it("show no secret in output, last lines, names and reasons", async () => {
    const secrets = { token: "hunter22", key: "line-one-1234\nline-two-5678" };
    const main = [
      "steps:",
      "  - run: |",
      "      set -x",
      '      echo ${{ secrets.token }} "${{ secrets.key }}"',
      "      printf %s ${{ secrets.token }} | base64 >&2",
      "      printf hunt; sleep 0.1; printf er22",
      "    expect: {stdout: '${{ secrets.token }} is not there'}",
      "",
    ].join("\n");
    const b = await benchFor(main, { context: { secrets } });
    const told = JSON.stringify([await b.run(), b.log.lines, b.log.tail]);
    assert.match(told, /does not contain .*\*\*\*/);
    for (const piece of ["hunter22", "line-one", "line-two", "aHVudGVyMj"])
      assert.ok(!told.includes(piece), told);
    assert.ok(b.guest.scripts[0]?.text.includes("hunter22"));
  });

  it("hide the password of become as well", async () => {
    const become = { user: "root", method: "su", password: "passw0rd" } as const;
    const b = await benchFor("steps:\n  - run: echo passw0rd\n    user: root\n", { guest: { become } });
    await b.run();
    assert.equal(b.log.tail, "***\n");
  });

  it("may print 100 MB: memory does not grow with it", async function () {
    this.timeout(60_000);
    const b = await benchFor("steps:\n  - run: a\n", { context: { secrets: { token: "hunter22" } } });
    const chunk = Buffer.alloc(1 << 16, "0123456789abcdef hunter2 \n");
    b.guest.answer = async ({ onOutput }) => {
      for (let n = 0; n < 1600; n++) {
        onOutput?.(n % 2 === 0 ? "stdout" : "stderr", chunk);
        if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      return { exitCode: 1, stdout: "", stderr: "" };
    };
    const before = process.memoryUsage().rss;
    const outcome = failed(await b.run());
    assert.equal(b.log.bytes, 1600 << 16);
    assert.ok(process.memoryUsage().rss - before < 150 << 20);
    assert.ok(outcome.lastLines.join("").length < 40 * 2001);
  });

  it("may print binary: last lines are text", async () => {
    const b = await benchFor(
      "steps:\n  - run: \"printf '\\\\000\\\\001\\\\377\\\\033[31mred\\\\033[0m\\\\n'; exit 1\"\n",
    );
    assert.deepEqual(failed(await b.run()).lastLines, ["...red"]);
    assert.ok(b.log.tail.includes("\u0000\u0001\u00ff"), "the log keeps the bytes");
  });

  it("see the names of the guest's snapshots, which are asked for only when they are named", async () => {
    let asked = 0;
    const snapshotNames = () => Promise.resolve([`clean`, `cp ${++asked}`]);
    const b = await benchFor("steps:\n  - run: printf '%s|' ${{ run.snapshots }}\n", {}, { snapshotNames });
    await b.run();
    assert.equal(b.log.tail, "clean|cp 1|");
    const c = await benchFor("steps:\n  - run: echo ${{ run.id }}\n", {}, { snapshotNames });
    await c.run();
    assert.equal(asked, 1);
  });

  it("are told apart from those of the other phases", async () => {
    const b = await bench({
      "main.yaml": "steps:\n  - run: echo m\n",
      "terminate.yaml": "steps:\n  - run: echo t\n",
    });
    await b.run("terminate");
    assert.deepEqual(b.log.lines, ["terminate 1/1 echo t", "  passed"]);
  });

  it("see files as they were when the project was loaded", async () => {
    const files = { "main.yaml": "steps:\n  - script: x.sh\n", "x.sh": "echo old\n" };
    const b = await bench(files);
    writeFileSync(join(b.project, "x.sh"), "echo new\n");
    await b.run();
    assert.equal(b.log.tail, "old\n");
  });
});
