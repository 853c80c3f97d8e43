import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startLoopbackSshd, type LoopbackSshd } from "../../support/loopback-sshd";
import { eventually, processesWith, PulumiProject, type PulumiRun } from "../../support/pulumi-project";
import { allProcesses, mayOutliveEngine } from "../../support/processes";

/**
 * What the project expects of Pulumi's `command` plugin. It runs against the installed plugin;
 * `GUEST_FARM_COMMAND_PLUGIN=<program>` points it at another one, the official one say.
 */
describe("command plugin", function () {
  this.timeout(60_000);
  let project: PulumiProject;
  let work: string;
  let outputs: Map<string, Readonly<Record<string, unknown>>>;

  const up = (cases: string, step: number, more: Readonly<Record<string, string>> = {}): Promise<PulumiRun> =>
    project.run(["up", "--yes", "--skip-preview", "--continue-on-error"], {
      CASES: cases,
      STEP: `${step}`,
      ...more,
    });

  const readOutputs = async (): Promise<void> => {
    const resources = await project.resources();
    outputs = new Map(
      resources.map(({ urn, outputs: values }) => [urn.split("::").at(-1) ?? "", values ?? {}]),
    );
  };
  const output = (name: string, key: string): unknown => outputs.get(name)?.[key];

  before(async () => {
    project = new PulumiProject({
      program: join(__dirname, "program.js"),
      packages: ["@pulumi/pulumi", "@pulumi/command"],
      plugins: { "command@1.2.1": process.env.GUEST_FARM_COMMAND_PLUGIN },
    });
    work = join(project.folder, "work");
    mkdirSync(work);
    project.environment.WORK = work;
    assert.equal((await project.run(["stack", "init", "test"])).code, 0);
  });
  after(() => project.remove());

  describe("local.Command, created", () => {
    before(async () => {
      const { code, output: said } = await up("local", 1);
      assert.equal(code, 0, said);
      await readOutputs();
    });

    it("runs in /bin/sh, sees its environment, and loses one newline at the end of its output", () => {
      assert.equal(output("plain", "stdout"), "in /bin/sh: hello\nlast\n");
      assert.equal(output("plain", "stderr"), "problem");
    });
    it("gives the command as last argument to another interpreter", () => {
      assert.equal(output("interpreter", "stdout"), "a  b");
    });
    it("feeds stdin, works in dir, and keeps a secret input secret", () => {
      assert.equal(output("input", "stdout"), `planted-secret${work}`);
      assert.match(JSON.stringify(output("input", "stdin")), /ciphertext/);
      assert.doesNotMatch(JSON.stringify(output("input", "stdin")), /planted/);
    });
    it("is content without a command", () => {
      assert.equal(output("nothing", "stdout"), "");
      assert.equal(output("nothing", "stderr"), "");
    });
    it("returns the files that its patterns select", () => {
      const assets = output("files", "assets") as Record<string, { path: string; hash: string }>;
      assert.deepEqual(Object.keys(assets).sort(), ["out/deep/two.txt", "out/one.txt"]);
      assert.equal(assets["out/one.txt"]!.path, join(work, "out/one.txt"));
      assert.equal(assets["out/one.txt"]!.hash.length, 64);
      const archive = output("files", "archive") as { assets: Record<string, unknown> };
      assert.deepEqual(Object.keys(archive.assets), ["out/one.txt"]);
    });
    it("hands its output to what depends on it", () => {
      assert.equal(output("follows", "stdout"), "<in /bin/sh: hello\nlast\n>");
    });
    it("answers the function run", async () => {
      const { output: value } = await project.run(["stack", "output", "invoked"]);
      assert.equal(value.trim(), "invoked");
    });
    it("has nothing to do when no input has changed", async () => {
      const { code, output: said } = await project.run(["preview", "--expect-no-changes"], {
        CASES: "local",
        STEP: "1",
      });
      assert.equal(code, 0, said);
    });
  });

  describe("local.Command, changed", () => {
    let first: unknown;
    before(async () => {
      first = output("trigger", "stdout");
      const preview = await project.run(["preview", "--diff"], { CASES: "local", STEP: "2" });
      assert.match(preview.output, /GREETING\s*: "hello" => "goodbye"/, preview.output);
      assert.match(preview.output, /\+-\S* ?command:local:Command/, "the changed trigger replaces");
      const { code, output: said } = await up("local", 2);
      assert.equal(code, 0, said);
      await readOutputs();
    });

    it("runs create again when there is no update", () => {
      assert.equal(output("plain", "stdout"), "in /bin/sh: goodbye\nlast\n");
    });
    it("runs update with the last output in its environment", () => {
      assert.equal(output("update", "stdout"), "again after first and noise");
    });
    it("does not see its last output when it does not want to", () => {
      assert.equal(output("forgets", "stdout"), "before: ");
    });
    it("is replaced when a trigger has changed", () => {
      assert.notEqual(output("trigger", "stdout"), first);
    });
    it("runs delete with the last output in its environment", async () => {
      const { code, output: said } = await up("none", 3);
      assert.equal(code, 0, said);
      assert.equal(readFileSync(join(work, "deleted"), "utf8"), "gone after made\n");
    });
  });

  describe("local.Command, failing", () => {
    let said: PulumiRun;
    before(async () => {
      said = await up("failing", 1);
      await readOutputs();
    });

    it("fails the update with the exit status, the command and all it printed", () => {
      assert.notEqual(said.code, 0);
      assert.match(said.output, /exit status 3: running "echo said; echo why >&2; exit 3":\s+said\s+why/);
    });
    it("fails when its folder does not exist", () => {
      assert.equal(outputs.has("nowhere"), false);
    });
    it("leaves nothing in the state, and siblings alone", () => {
      assert.equal(outputs.has("fails"), false);
      assert.equal(output("sibling", "stdout"), "fine");
    });
  });

  describe("local.Command, interrupted", () => {
    /** Starts a command that never ends and waits until it runs. */
    const startEndless = async (seconds: string) => {
      rmSync(join(work, "started"), { force: true });
      const args = ["up", "--yes", "--skip-preview"];
      const running = project.start(args, { CASES: "endless", SLEEP: seconds });
      await eventually("the command has started", () => existsSync(join(work, "started")), 20);
      return running;
    };

    it("is killed at once when the engine is interrupted", async () => {
      const running = await startEndless("86461");
      running.child.kill("SIGINT");
      await eventually("the command is gone", () => processesWith("sleep 86461").length === 0, 5);
      const { code, output: text } = await running.ended;
      assert.notEqual(code, 0);
      assert.match(text, /signal: (killed|SIGKILL)|context canceled|cancel/i);
    });
    it("does not outlive an engine that is killed", async () => {
      const running = await startEndless("86462");
      const plugins = () =>
        allProcesses().filter(
          ({ argv, environment }) =>
            argv.includes("pulumi-resource-command") && environment.includes(`WORK=${work}\n`),
        );
      const [plugin, ...others] = plugins();
      assert.ok(plugin !== undefined && others.length === 0, "the plugin is found while it runs");
      running.child.kill("SIGKILL");
      await eventually("the command is gone", () => processesWith("sleep 86462").length === 0, 5);
      // The official one stays, and does nothing.
      if (!mayOutliveEngine(plugin)) await eventually("the plugin is gone", () => plugins().length === 0, 5);
      assert.equal((await project.run(["cancel", "--yes"])).code, 0);
    });
  });

  describe("remote.Command and remote.CopyToRemote", () => {
    let sshd: LoopbackSshd;
    let said: PulumiRun;
    before(async () => {
      sshd = await startLoopbackSshd(["AcceptEnv *", "Subsystem sftp internal-sftp", "MaxStartups 100"]);
      mkdirSync(join(work, "source/sub folder"), { recursive: true });
      writeFileSync(join(work, "source/a b.txt"), "a file");
      writeFileSync(join(work, "source/sub folder/inner"), "inside");
      await project.run(["refresh", "--clear-pending-creates", "--yes", "--skip-preview"]);
      said = await up("remote", 1, {
        SSH_PORT: `${sshd.port}`,
        SSH_KEY: sshd.identityFile,
        SSH_HOST_KEY: sshd.hostKey,
        SSH_OTHER_KEY: sshd.otherKey,
      });
      await readOutputs();
    });
    after(() => sshd.stop());

    it("runs on the host, with input, environment and several lines", () => {
      assert.equal(output("remote", "stdout"), "input 100% hello", said.output);
      assert.equal(output("remote", "stderr"), "it's two lines");
    });
    it("keeps the connection secret", () => {
      assert.match(JSON.stringify(output("remote", "connection")), /ciphertext/);
    });
    it("fails with the exit status and all that was printed", () => {
      assert.match(said.output, /exited with status 4: running "echo said; exit 4":\s+said/);
    });
    it("refuses a host with another key than the pinned one", () => {
      assert.match(said.output, /wrong-host[\s\S]*host key/);
      assert.equal(outputs.has("wrong-host"), false);
    });
    it("goes through a proxy", () => {
      assert.equal(output("hop", "stdout"), "over");
    });
    it("copies a file, a folder and a text, and makes the folders above", () => {
      assert.equal(readFileSync(join(work, "remote/copied.txt"), "utf8"), "a file");
      assert.equal(readFileSync(join(work, "tree/source/sub folder/inner"), "utf8"), "inside");
      assert.equal(readFileSync(join(work, "deep/er/text"), "utf8"), "some text");
    });
    it("leaves no connection behind", async () => {
      await eventually("all connections are closed", () => sshd.connections().length === 0, 5);
    });
  });
});
