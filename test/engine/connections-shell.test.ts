import { strict as assert } from "node:assert";
import { writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { openShell } from "../../connections/open";
import { HostKeyError } from "../../connections/guest-connection";
import { CommandError, CommandTimeoutError, LinkLostError, type Shell } from "../../connections/shell";
import type { HostConnectionSpec } from "../../hypervisor/spec";
import { freePort } from "../support/free-port";
import { startLoopbackSshd, type LoopbackSshd } from "../support/loopback-sshd";
import { openThrough } from "../support/open-through";
import { processesWith } from "../support/processes";

describe("a shell over OpenSSH", () => {
  let sshd: LoopbackSshd;
  let shell: Shell;
  const user = userInfo().username;

  const spec = (changes: Partial<Extract<HostConnectionSpec, { type: "ssh" }>> = {}): HostConnectionSpec => ({
    type: "ssh",
    host: "127.0.0.1",
    port: sshd.port,
    user,
    identityFile: sshd.identityFile,
    hostKey: sshd.hostKey,
    ...changes,
  });
  /** Runs with a shell of its own that is closed afterwards. */
  const withShell = async (connection: HostConnectionSpec, work: (shell: Shell) => Promise<unknown>) => {
    const own = openShell(connection);
    try {
      await work(own);
    } finally {
      await own.close();
    }
  };

  before(async () => {
    sshd = await startLoopbackSshd();
    shell = openShell(spec());
  });
  after(async () => {
    await shell.close();
    await sshd.stop();
  });

  it("gives standard input, both outputs and the exit code", async () => {
    const argv = ["sh", "-c", "cat; echo err >&2; exit 3"];
    assert.deepEqual(await shell.run({ argv, stdin: "in\0\xff" }), {
      exitCode: 3,
      stdout: "in\0\xff",
      stderr: "err\n",
    });
  });

  it("logs in although the server lets go of the first connections, as with MaxStartups, and says so", async () => {
    let left = 2;
    const door = createServer((socket) => {
      socket.on("error", () => undefined);
      if (left > 0) {
        left -= 1;
        socket.destroy();
        return;
      }
      const inside = connect(sshd.port, "127.0.0.1");
      inside.on("error", () => socket.destroy());
      socket.pipe(inside).pipe(socket);
    });
    await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
    const said: string[] = [];
    const { port } = door.address() as AddressInfo;
    const own = openShell(spec({ port }), (text) => said.push(text));
    try {
      assert.equal(await own.output({ argv: ["echo", "in"] }), "in\n");
      assert.equal(said.length, 2);
      assert.match(said[0]!, /no connection to ssh .*; trying again in 0.25 s/);
    } finally {
      await own.close();
      door.close();
    }
  });

  it("passes arguments as they are", async () => {
    const args = ["", "a b", "it's", "$(id)", "`id`", "\\", "a\nb", "*", "~", '"', "-n", "ä€"];
    const output = await shell.output({ argv: ["printf", "%s\\0", ...args] });
    assert.deepEqual(output.split("\0").slice(0, -1), args);
  });

  it("reports a missing program as any shell does", async () => {
    const { exitCode, stderr } = await shell.run({ argv: ["no-such-program"] });
    assert.equal(exitCode, 127);
    assert.match(stderr, /no-such-program/);
  });

  it("tells a program's own exit code 255 from a lost link", async () => {
    assert.equal((await shell.run({ argv: ["sh", "-c", "exit 255"] })).exitCode, 255);
  });

  it("turns a failure into an error where success is needed", async () => {
    await assert.rejects(shell.output({ argv: ["false"] }), CommandError);
  });

  it("runs 20 commands at once on one connection", async () => {
    const outputs = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        shell.output({ argv: ["sh", "-c", `sleep 0.2; echo ${index}`] }),
      ),
    );
    assert.deepEqual(
      outputs,
      Array.from({ length: 20 }, (_, index) => `${index}\n`),
    );
    assert.equal(sshd.connections().length, 1);
  });

  it("passes 100 MB in bounded memory", async () => {
    const before = process.memoryUsage().rss;
    let seen = 0;
    const { stdout } = await shell.run({
      argv: ["head", "-c", "100000000", "/dev/zero"],
      onOutput: (_, chunk) => (seen += chunk.length),
    });
    assert.equal(seen, 100_000_000);
    assert.equal(stdout.length, 1024 * 1024);
    assert.ok(process.memoryUsage().rss - before < 60_000_000);
  });

  it("ends the program and all it has started at a timeout", async () => {
    const argv = ["sh", "-c", "trap '' TERM; sleep 61.25 & sleep 61.25; sleep 61.25"];
    await assert.rejects(shell.run({ argv, timeoutMs: 500 }), CommandTimeoutError);
    assert.deepEqual(processesWith("61.25"), []);
  });

  it("ends eight programs at once when their signals are aborted", async () => {
    const controller = new AbortController();
    const commands = Array.from({ length: 8 }, () =>
      shell.run({ argv: ["sleep", "62.25"], signal: controller.signal }),
    );
    setTimeout(() => controller.abort(new Error("enough")), 1_000);
    for (const result of await Promise.allSettled(commands)) {
      assert.match(result.status === "rejected" ? String(result.reason) : "ran to its end", /enough/);
    }
    assert.deepEqual(processesWith("62.25"), []);
    assert.equal(await shell.output({ argv: ["echo", "still there"] }), "still there\n");
  });

  it("starts a program that goes on running", async () => {
    const command = shell.start(["cat"]);
    command.write("one\n");
    command.write("two\n");
    command.end();
    const lines: string[] = [];
    for await (const line of command.lines) lines.push(line);
    assert.deepEqual(lines, ["one", "two"]);
    assert.deepEqual(await command.exited, { exitCode: 0, stderr: "" });
  });

  it("reports a link that breaks in the middle, and connects again", async () => {
    const command = shell.run({ argv: ["sh", "-c", "echo on; sleep 30"], onOutput: () => sshd.cut() });
    const started = Date.now();
    await assert.rejects(
      command,
      (error) => error instanceof LinkLostError && /the link broke while sh ran/.test(error.message),
    );
    assert.ok(Date.now() - started < 10_000);
    assert.equal(await shell.output({ argv: ["echo", "again"] }), "again\n");
  });

  it("refuses another key than the pinned one", async () => {
    await withShell(spec({ hostKey: sshd.otherKey }), async (own) => {
      await assert.rejects(own.run({ argv: ["true"] }), HostKeyError);
    });
  });

  it("checks the host against a known_hosts file", async () => {
    const known = join(sshd.folder, "known_hosts");
    writeFileSync(known, `[127.0.0.1]:${sshd.port} ${sshd.hostKey}\n`);
    const open = {
      type: "ssh" as const,
      host: "127.0.0.1",
      port: sshd.port,
      user,
      identityFile: sshd.identityFile,
      knownHostsFile: known,
    };
    await withShell(open, async (own) => {
      assert.equal(await own.output({ argv: ["echo", "in"] }), "in\n");
    });
    const empty = join(sshd.folder, "empty");
    writeFileSync(empty, "");
    await withShell({ ...open, knownHostsFile: empty }, async (own) => {
      await assert.rejects(own.run({ argv: ["true"] }), /host key .* was refused .*known_hosts/);
    });
  });

  it("says which host on the way does not answer, or is another machine", async () => {
    const hop = { type: "ssh", host: "127.0.0.1", user, identityFile: sshd.identityFile } as const;
    const ways = [
      [{ ...hop, port: 1, hostKey: sshd.hostKey }, /127\.0\.0\.1 port 1\b.*refused/i],
      [
        { ...hop, port: sshd.port, hostKey: sshd.otherKey },
        new RegExp(`127\\.0\\.0\\.1.*${sshd.port}.*host key`, "i"),
      ],
    ] as const;
    for (const [wrong, said] of ways) {
      const far = openThrough([wrong], { ...hop, port: sshd.port, hostKey: sshd.hostKey });
      try {
        await assert.rejects(far.shell.run({ argv: ["true"] }), said);
      } finally {
        await far.close();
      }
    }
  });

  it("jumps through other hosts", async () => {
    const second = await startLoopbackSshd();
    try {
      const hops = [
        {
          type: "ssh",
          host: "127.0.0.1",
          port: sshd.port,
          user,
          identityFile: sshd.identityFile,
          hostKey: sshd.hostKey,
        },
      ] as const;
      const far = openThrough(hops, {
        type: "ssh",
        host: "127.0.0.1",
        port: second.port,
        user,
        identityFile: second.identityFile,
        hostKey: second.hostKey,
      });
      try {
        assert.equal(await far.shell.output({ argv: ["echo", "far"] }), "far\n");
        assert.equal(sshd.connections().length >= 1, true);
      } finally {
        await far.close();
      }
    } finally {
      await second.stop();
    }
  });

  it("says that nothing listens there", async () => {
    const port = await freePort();
    await withShell(spec({ port }), async (own) => {
      await assert.rejects(
        own.run({ argv: ["true"] }),
        (error) => error instanceof LinkLostError && /Connection refused/.test(error.message),
      );
    });
  });

  it("says that the login was refused", async () => {
    await withShell(spec({ identityFile: join(sshd.folder, "other") }), async (own) => {
      await assert.rejects(own.run({ argv: ["true"] }), /Permission denied/);
    });
  });
});
