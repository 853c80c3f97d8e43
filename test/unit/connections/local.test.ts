import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { openLocalShell } from "../../../connections/local";
import { CommandError, CommandTimeoutError } from "../../../connections/shell";

const shell = openLocalShell();

/** Whether a process runs (a zombie does not). */
function runs(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

describe("the local shell", () => {
  it("gives standard input, both outputs and the exit code", async () => {
    const result = await shell.run({ argv: ["sh", "-c", "cat; echo err >&2; exit 3"], stdin: "in put" });
    assert.deepEqual(result, { exitCode: 3, stdout: "in put", stderr: "err\n" });
  });

  it("gives a program without input an empty one", async () => {
    assert.equal(await shell.output({ argv: ["cat"], timeoutMs: 5_000 }), "");
  });

  it("does not interpret arguments", async () => {
    assert.equal(await shell.output({ argv: ["printf", "%s", "$(id) 'x' `y`"] }), "$(id) 'x' `y`");
  });

  it("reports a missing program like any shell", async () => {
    const result = await shell.run({ argv: ["no-such-program"] });
    assert.deepEqual(result, { exitCode: 127, stdout: "", stderr: "no-such-program: command not found" });
  });

  it("reports the end by a signal as 128 and its number", async () => {
    assert.equal((await shell.run({ argv: ["sh", "-c", "kill -9 $$"] })).exitCode, 137);
  });

  it("keeps to itself what Pulumi tells a program in confidence", async () => {
    const told = {
      PULUMI_CONFIG: '{"a:token":"s3cret"}',
      PULUMI_CONFIG_PASSPHRASE: "s3cret",
      PULUMI_HOME: "/h",
    };
    Object.assign(process.env, told);
    try {
      const seen = await shell.output({ argv: ["env"] });
      assert.ok(!seen.includes("s3cret"));
      assert.match(seen, /^PULUMI_HOME=\/h$/m);
    } finally {
      for (const name of Object.keys(told)) Reflect.deleteProperty(process.env, name);
    }
  });

  it("asks programs for untranslated messages", async () => {
    assert.equal(await shell.output({ argv: ["sh", "-c", 'printf %s "$LC_ALL"'] }), "C");
  });

  it("turns a failure into an error with its last words where success is needed", async () => {
    const failing = shell.output({ argv: ["sh", "-c", "echo no room >&2; exit 28"] });
    await assert.rejects(
      failing,
      (error) => error instanceof CommandError && /exit code 28\): no room/.test(error.message),
    );
  });

  it("ends the whole process group at a timeout", async () => {
    let pids = "";
    const command = shell.run({
      argv: ["sh", "-c", "trap '' TERM; sleep 60 & echo $$ $!; wait; wait; sleep 60"],
      timeoutMs: 300,
      onOutput: (_, chunk) => (pids += chunk.toString()),
    });
    await assert.rejects(command, CommandTimeoutError);
    for (const pid of pids.trim().split(" ").map(Number)) assert.equal(runs(pid), false, String(pid));
  });

  it("ends a program when its signal is aborted, with the signal's reason", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const command = shell.run({ argv: ["sleep", "60"], signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(command, reason);
    await assert.rejects(shell.run({ argv: ["true"], signal: controller.signal }), reason);
  });

  it("keeps the last MiB of a long output and shows all of it", async () => {
    let seen = 0;
    const { stdout } = await shell.run({
      argv: ["sh", "-c", "head -c 5000000 /dev/zero; printf END"],
      onOutput: (_, chunk) => (seen += chunk.length),
    });
    assert.equal(seen, 5_000_003);
    assert.equal(stdout.length, 1024 * 1024);
    assert.ok(stdout.endsWith("END"));
  });

  it("does not wait for a background process that holds the output", async () => {
    const started = Date.now();
    const { stdout } = await shell.run({ argv: ["sh", "-c", "sleep 8 & echo done"] });
    assert.equal(stdout, "done\n");
    assert.ok(Date.now() - started < 5_000);
  });

  it("survives a program that ends without reading its input", async () => {
    const result = await shell.run({ argv: ["true"], stdin: "x".repeat(10_000_000) });
    assert.equal(result.exitCode, 0);
  });
});

describe("a command that goes on running", () => {
  it("passes lines both ways until its input ends", async () => {
    const command = shell.start(["cat"]);
    command.write("one\ntwo\nlast");
    command.end();
    const lines: string[] = [];
    for await (const line of command.lines) lines.push(line);
    assert.deepEqual(lines, ["one", "two", "last"]);
    assert.deepEqual(await command.exited, { exitCode: 0, stderr: "" });
  });

  it("says why it could not start, and never rejects", async () => {
    const command = shell.start(["no-such-program"]);
    command.write("x");
    assert.deepEqual(await command.exited, { exitCode: 127, stderr: "no-such-program: command not found" });
  });

  it("is ended by kill", async () => {
    const command = shell.start(["sleep", "60"]);
    command.kill();
    assert.equal((await command.exited).exitCode, 137);
    command.kill();
  });
});
