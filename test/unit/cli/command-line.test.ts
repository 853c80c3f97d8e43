import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCli, USAGE_ERROR } from "../../../cli/command-line";
import { onlyStack } from "../../../cli/results/choose-stack";
import { selectedStack } from "../../../cli/results/selected-stack";
import { phaseOf, ProgramFolder, RUN_1, RUN_2 } from "./results-fixture";

describe("guest-farm", () => {
  let program: ProgramFolder;
  const cli = (...argv: string[]) => runCli(argv, program.context());
  beforeEach(() => {
    program = new ProgramFolder();
  });
  afterEach(() => rmSync(program.path, { recursive: true }));

  describe("command line", () => {
    it("shows all commands without one, and as help", async () => {
      assert.equal(await cli(), 0);
      for (const name of ["doctor", "logs", "report", "help"])
        assert.match(program.out, new RegExp(`  ${name}`));
      const overview = program.out;
      program.out = "";
      assert.equal(await cli("help"), 0);
      assert.equal(program.out, overview);
      for (const line of overview.split("\n")) assert.ok(line.length <= 120, line);
    });

    it("leaves --help behind a guest's name to the command that runs in the guest", async () => {
      assert.equal(await cli("ssh", "-s", "mine", "--help"), 0);
      assert.match(program.out, /^guest-farm ssh /);
      program.out = "";
      const nowhere = program.context({ PATH: program.path });
      assert.equal(await runCli(["ssh", "-s", "mine", "web", "ls", "--help"], nowhere), 1);
      assert.equal(program.out, "");
      assert.match(program.err, /the state of stack "mine" cannot be read/);
    });

    it("tells a command line that cannot be understood by its exit code", async () => {
      const lines = [
        ["logs"],
        ["logs", "a", "b"],
        ["ssh"],
        ["cp", "a:b"],
        ["cp", "a", "b"],
        ["console"],
        ["images", "prune", "a", "b"],
        ["images", "prune", "--older-than", "soon"],
        ["ping", "--timeout", "soon"],
        ["sweep", "a", "b"],
        ["sweep", "--older-than", "soon"],
      ];
      for (const line of lines) assert.equal(await cli(...line), USAGE_ERROR, line.join(" "));
    });

    it("shows how one command is used", async () => {
      assert.equal(await cli("help", "logs"), 0);
      assert.match(program.out, /^guest-farm logs <guest>/);
      program.out = "";
      assert.equal(await cli("logs", "--help"), 0);
      assert.match(program.out, /^guest-farm logs <guest>/);
    });

    it("refuses an unknown command and names the nearest one", async () => {
      assert.equal(await cli("reprot"), USAGE_ERROR);
      assert.match(
        program.err,
        /no such command\n {2}found: {3}reprot\n.*doctor, .*logs, .*report.*\n.*mean "report"/,
      );
      assert.equal(await cli("frobnicate"), USAGE_ERROR);
      assert.match(program.err, /do: {6}guest-farm help/);
    });

    it("refuses an unknown option with the usage", async () => {
      assert.equal(await cli("report", "--jsn"), USAGE_ERROR);
      assert.match(program.err, /Unknown option '--jsn'/);
      assert.match(program.err, /usage: guest-farm report \[--stack <stack>\] \[--json\]/);
    });

    it("refuses an option without its value", async () => {
      assert.equal(await cli("report", "--stack"), USAGE_ERROR);
      assert.match(program.err, /--stack/);
    });
  });

  describe("choice of the stack", () => {
    const select = (stack: string) => {
      const file = join(program.path, "Pulumi.yaml");
      writeFileSync(file, "name: some-project\nruntime: nodejs\n");
      const digest = createHash("sha1").update(file).digest("hex");
      const folder = join(program.path, "pulumi-home", "workspaces");
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, `some-project-${digest}-workspace.json`), JSON.stringify({ stack }));
    };

    it("says what to do where nothing has run", async () => {
      mkdirSync(join(program.path, ".guest-farm", "state", "meta"), { recursive: true });
      assert.equal(await cli("report"), 1);
      assert.match(program.err, /no results here yet[\s\S]*pulumi up/);
    });

    it("takes the only one with results", async () => {
      program.run("one", "a", RUN_1, {}, {});
      assert.equal(await cli("report"), 0);
      assert.match(program.out, /^one: 1 of 1/);
    });

    it("lists them when there are several", async () => {
      program.run("one", "a", RUN_1, {}, {});
      program.run("two", "a", RUN_1, {}, {});
      assert.equal(await cli("report"), 1);
      assert.match(program.err, /no stack is selected\n {2}allowed: one, two\n.*--stack/);
    });

    it("takes the one that is selected in Pulumi", async () => {
      program.run("one", "a", RUN_1, {}, {});
      program.run("two", "a", RUN_1, {}, {});
      select("organization/some-project/two");
      assert.equal(await cli("report"), 0);
      assert.match(program.out, /^two: /);
    });

    it("says that the selected one has no results", async () => {
      program.run("one", "a", RUN_1, {}, {});
      program.run("two", "a", RUN_1, {}, {});
      select("three");
      assert.equal(await cli("report"), 1);
      assert.match(program.err, /selected stack, three, has none/);
    });

    it("prefers PULUMI_STACK, and what the user says over all", async () => {
      program.run("one", "a", RUN_1, {}, {});
      program.run("two", "a", RUN_1, {}, {});
      select("two");
      assert.equal(await runCli(["report"], program.context({ PULUMI_STACK: "org/one" })), 0);
      assert.match(program.out, /^one: /);
      program.out = "";
      assert.equal(await runCli(["report", "-s", "two"], program.context({ PULUMI_STACK: "one" })), 0);
      assert.match(program.out, /^two: /);
    });

    it("is left to Pulumi by what runs Pulumi, unless none is selected and only one has results", () => {
      program.run("one", "a", RUN_1, {}, {});
      assert.equal(onlyStack(program.context()), "one");
      select("two");
      assert.equal(onlyStack(program.context()), undefined);
      assert.equal(onlyStack(program.context({ PULUMI_STACK: "org/one" })), undefined);
      rmSync(join(program.path, "Pulumi.yaml"));
      program.run("two", "a", RUN_1, {}, {});
      assert.equal(onlyStack(program.context()), undefined);
    });

    it("refuses a misspelt one with the nearest", async () => {
      program.run("quickstart", "a", RUN_1, {}, {});
      assert.equal(await cli("report", "--stack", "quikstart"), 1);
      assert.match(program.err, /found: {3}quikstart\n {2}allowed: quickstart\n.*mean "quickstart"/);
    });

    it("finds no selected stack outside a Pulumi project", () => {
      assert.equal(selectedStack(program.path, {}), undefined);
    });
  });

  describe("report", () => {
    it("has a row for every guest, with the first line of the error", async () => {
      program.run("one", "good", RUN_1, {}, {});
      const error = "main: step 2/3 test failed\nthe last lines:\n...";
      program.run("one", "bad", RUN_2, {}, { status: "failed", error, cache: "stale", resumed: null });
      assert.equal(await cli("report"), 0);
      const [head, columns, bad, good] = program.out.split("\n");
      assert.equal(head, "one: 1 of 2 guests passed");
      assert.match(columns!, /^guest +status +cache +resumed +time +error +page$/);
      assert.match(
        bad!,
        /^bad +failed +stale +- +4\.2 s +main: step 2\/3 test failed +\.guest-farm\/one\/bad/,
      );
      assert.match(
        good!,
        /^good +passed +hit +memory +4\.2 s +- +\.guest-farm\/one\/good\/2026.*\/report\.html$/,
      );
    });

    it("gives the same as JSON", async () => {
      program.run("one", "good", RUN_1, {}, {});
      assert.equal(await cli("report", "--json"), 0);
      assert.deepEqual(JSON.parse(program.out), {
        stack: "one",
        guests: [
          {
            guest: "good",
            status: "passed",
            cache: "hit",
            resumed: "memory",
            durationMs: 4200,
            error: null,
            page: `.guest-farm/one/good/${RUN_1}/report.html`,
            unfinished: null,
          },
        ],
      });
    });

    it("shows a guest by its name, whatever its folder is called", async () => {
      program.run("my stack", "VM debian 12/$(x)", RUN_1, {}, {});
      assert.equal(await cli("report", "-s", "my stack"), 0);
      assert.match(program.out, /^VM debian 12\/\$\(x\) +passed/m);
    });

    it("says of a run without a result that it is under way or was killed", async () => {
      program.run("one", "a", RUN_1, {}, {});
      program.run("one", "a", RUN_2, { run: "" });
      program.run("one", "b", RUN_1, { run: "" });
      assert.equal(await cli("report"), 0);
      assert.match(program.out, new RegExp(`a: run ${RUN_2} is under way, or its supervisor was killed`));
      assert.match(program.out, /^b +no result/m);
    });

    it("survives a result that is cut short", async () => {
      program.run("one", "a", RUN_1, {}, {});
      writeFileSync(join(program.path, ".guest-farm/one/a/result.json"), '{"runId": "2026');
      assert.equal(await cli("report"), 0);
      assert.match(program.out, /^a +no result/m);
    });
  });

  describe("logs", () => {
    it("prints main by default, of the newest run", async () => {
      program.run("one", "a", RUN_1, { main: "old\n", run: "old run\n" }, {});
      program.run("one", "a", RUN_2, { main: "new\n", run: "new run\n" }, {});
      assert.equal(await cli("logs", "a"), 0);
      assert.equal(program.out, "new\n");
    });

    it("prints the phase that failed", async () => {
      const phases = [phaseOf("dependencies", "failed"), phaseOf("main", "skipped")];
      program.run(
        "one",
        "a",
        RUN_1,
        { dependencies: "no such package\n", run: "" },
        { status: "failed", phases },
      );
      assert.equal(await cli("logs", "a"), 0);
      assert.equal(program.out, "no such package\n");
    });

    it("falls back to what happened, when no phase has a log", async () => {
      program.run("one", "a", RUN_1, { run: "startup: failed\n" });
      assert.equal(await cli("logs", "a"), 0);
      assert.equal(program.out, "startup: failed\n");
    });

    it("prints the phase and the run that are asked for", async () => {
      program.run("one", "a", RUN_1, { main: "old\n", init: "old init\n" }, {});
      program.run("one", "a", RUN_2, { main: "new\n" }, {});
      assert.equal(await cli("logs", "a", "--run", "20260101", "--phase", "init"), 0);
      assert.equal(program.out, "old init\n");
    });

    it("prints bytes as they are, in any amount", async () => {
      const text = "häß\u0000\u0007".repeat(40_000);
      program.run("one", "a", RUN_1, { main: text }, {});
      const pieces: Buffer[] = [];
      const context = {
        ...program.context(),
        stdout: (chunk: string | Uint8Array) => void pieces.push(Buffer.from(chunk)),
      };
      assert.equal(await runCli(["logs", "a"], context), 0);
      assert.equal(Buffer.concat(pieces).toString(), text);
    });

    it("refuses an unknown guest, with the nearest", async () => {
      program.run("one", "tiny-amd64", RUN_1, { main: "" }, {});
      assert.equal(await cli("logs", "tiny-arm64"), 1);
      assert.match(program.err, /found: {3}tiny-arm64\n {2}allowed: one of tiny-amd64\n.*mean "tiny-amd64"/);
    });

    it("refuses no guest, and two", async () => {
      program.run("one", "a", RUN_1, { main: "" }, {});
      assert.equal(await cli("logs"), USAGE_ERROR);
      assert.match(program.err, /which guest\?/);
      assert.equal(await cli("logs", "a", "b"), USAGE_ERROR);
      assert.match(program.err, /only one guest/);
    });

    it("refuses a phase without a log and says where the reason is", async () => {
      program.run("one", "a", RUN_1, { main: "", run: "" }, {});
      assert.equal(await cli("logs", "a", "--phase", "init"), 1);
      assert.match(program.err, /allowed: one of main, run\n.*--phase run/);
    });

    it("never leaves the run's folder", async () => {
      program.run("one", "a", RUN_1, { main: "" }, {});
      writeFileSync(join(program.path, ".guest-farm", "secret.log"), "no");
      assert.equal(await cli("logs", "a", "--phase", "../../../secret"), 1);
      assert.equal(await cli("logs", "a", "--run", "../"), 1);
      assert.equal(program.out, "");
    });

    it("refuses a beginning that several runs have", async () => {
      program.run("one", "a", RUN_1, { main: "" }, {});
      program.run("one", "a", RUN_2, { main: "" }, {});
      assert.equal(await cli("logs", "a", "--run", "202601"), 1);
      assert.match(program.err, new RegExp(`several runs[\\s\\S]*one of ${RUN_2}, ${RUN_1}`));
    });
  });

  it("doctor refuses a hypervisor of no farm", async () => {
    assert.equal(await cli("doctor", "far-away"), 1);
    assert.match(program.err, /--stack/);
  });
});
