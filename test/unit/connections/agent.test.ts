import { strict as assert } from "node:assert";
import { AgentChannel, AgentRefusal } from "../../../connections/agent/agent-channel";
import { AgentGuest } from "../../../connections/agent/guest";
import { readReply, virshLine } from "../../../connections/agent/virsh-dialogue";
import { openGuestConnection } from "../../../connections/open-guest";
import { LineQueue } from "../../../connections/process/line-queue";
import {
  CommandTimeoutError,
  LinkLostError,
  type RunningCommand,
  type Shell,
} from "../../../connections/shell";
import { UserError } from "../../../definitions/user-error";
import { openFakeAgent } from "../../support/fake-agent";

describe("the dialogue with virsh", () => {
  it("quotes names and requests for virsh, in ASCII", () => {
    const lines = virshLine(`a "b" \\ 'c'`, '{"x":"ä\\n"}', 5, "MARK").split("\n");
    assert.deepEqual(lines, [
      String.raw`qemu-agent-command --timeout 5 "a \"b\" \\ 'c'" "{\"x\":\"\\u00e4\\n\"}"`,
      "echo MARK",
      "echo",
      "",
    ]);
  });

  it("refuses a name that would be two lines", () => {
    assert.throws(() => virshLine("a\nundefine b", "{}", 5, "M"), /line break/);
  });

  it("reads answers with and without an echo of the request", () => {
    const answer = { ok: true, value: { pid: 3 } };
    assert.deepEqual(readReply([`virsh # qemu-agent-command "d" "{}"`, '{"return":{"pid":3}}', ""]), answer);
    assert.deepEqual(readReply(['virsh # {"return":{"pid":3}}']), answer);
  });

  it("reads refusals", () => {
    const reply = readReply(["virsh # x", "error: Guest agent is not responding: not connected", ""]);
    assert.deepEqual(reply, { ok: false, reason: "Guest agent is not responding: not connected" });
    assert.deepEqual(readReply([]), { ok: false, reason: "virsh printed no answer" });
  });
});

describe("the channel to a guest agent", () => {
  it("sends requests to standard input, never in an argv", async () => {
    const agent = openFakeAgent({ "guest-exec": () => ({ pid: 1 }) });
    const channel = new AgentChannel({ shell: agent.shell, uri: "qemu:///system", domain: "web 'x'" });
    assert.deepEqual(await channel.call("guest-exec", { "input-data": "c2VjcmV0" }), { pid: 1 });
    assert.ok(agent.started.every((argv) => !argv.join(" ").includes("c2VjcmV0")));
    assert.equal(agent.started.length, 1);
  });

  it("answers calls in order, one after the other", async () => {
    const agent = openFakeAgent({ "guest-ping": (args) => args });
    const channel = new AgentChannel({ shell: agent.shell, uri: "u", domain: "d" });
    const answers = await Promise.all([1, 2, 3].map((n) => channel.call("guest-ping", { n })));
    assert.deepEqual(answers, [{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  it("tells a refusal, and goes on", async () => {
    const agent = openFakeAgent({ "guest-ping": () => ({}) });
    const channel = new AgentChannel({ shell: agent.shell, uri: "u", domain: "d" });
    await assert.rejects(channel.call("guest-nope"), AgentRefusal);
    assert.deepEqual(await channel.call("guest-ping"), {});
  });

  it("tells that virsh has ended, and starts another", async () => {
    const agent = openFakeAgent({ "guest-ping": () => "hang" });
    const channel = new AgentChannel({ shell: agent.shell, uri: "u", domain: "d" });
    const call = channel.call("guest-ping");
    setImmediate(() => agent.end("error: connection to libvirt lost"));
    await assert.rejects(
      call,
      (error) => error instanceof LinkLostError && /libvirt lost/.test(error.message),
    );
    agent.answer({ "guest-ping": () => ({}) });
    assert.deepEqual(await channel.call("guest-ping"), {});
    assert.equal(agent.started.length, 2);
  });
});

describe("a guest behind its agent", () => {
  it("runs a script with its text on standard input and hands over output as it comes", async () => {
    const agent = openFakeAgent.guest({ stdout: ["one\n", "two\n"], stderr: "careful\n", exitCode: 3 });
    const guest = new AgentGuest({ shell: agent.shell, uri: "u", domain: "d" });
    const seen: string[] = [];
    const result = await guest.run({
      text: "echo secret-text",
      shell: "sh",
      timeoutMs: 5_000,
      onOutput: (stream, chunk) => seen.push(`${stream}:${chunk.toString()}`),
    });
    assert.deepEqual(result, { exitCode: 3, stdout: "one\ntwo\n", stderr: "careful\n" });
    assert.ok(seen.includes("stdout:one\n"));
    assert.equal(agent.written(), "echo secret-text\n");
    assert.ok(!agent.argvs().join("\n").includes("secret-text"));
  });

  for (const how of ["takes too long", "is cancelled"]) {
    it(`ends a program that ${how} while it prints without end`, async () => {
      const agent = openFakeAgent.guest({ stdout: ["more"], stderr: "", exitCode: null, floods: true });
      const guest = new AgentGuest({ shell: agent.shell, uri: "u", domain: "d" });
      const cancel = new AbortController();
      let pieces = 0;
      const script = { text: "x", shell: "sh", timeoutMs: how === "is cancelled" ? 60_000 : 100 } as const;
      const onOutput = (): void => {
        pieces += 1;
        if (how === "is cancelled" && pieces === 10) cancel.abort(new Error("cancelled"));
      };
      await assert.rejects(guest.run({ ...script, signal: cancel.signal, onOutput }), (error) => {
        return how === "is cancelled"
          ? String(error).includes("cancelled")
          : error instanceof CommandTimeoutError;
      });
      assert.ok(agent.argvs().some((argv) => argv.includes("kill -s") && argv.endsWith(" 77")));
    });
  }

  it("ends a program that takes too long", async () => {
    const agent = openFakeAgent.guest({ stdout: [], stderr: "", exitCode: null });
    const guest = new AgentGuest({ shell: agent.shell, uri: "u", domain: "d" });
    await assert.rejects(guest.run({ text: "x", shell: "sh", timeoutMs: 100 }), CommandTimeoutError);
    assert.ok(agent.argvs().some((argv) => argv.includes("kill -s") && argv.endsWith(" 77")));
  });

  it("waits for the agent, and says so", async () => {
    const agent = openFakeAgent({});
    const guest = new AgentGuest({ shell: agent.shell, uri: "u", domain: "web" });
    await assert.rejects(guest.waitUntilReady({ mode: "port", timeoutMs: 250 }), {
      message: /waited 0.25 s for the guest agent of "web"; last seen: .*refused guest-ping/,
    });
    assert.equal(await guest.answers(50), false);
    agent.answer({ "guest-ping": () => ({}) });
    await guest.waitUntilReady({ mode: "port", timeoutMs: 5_000 });
    assert.equal(await guest.answers(1_000), true);
  });
});

describe("a guest that is made fresh through its agent", () => {
  const SYSTEM = { os: "linux", arch: "x86_64" } as const;
  const said = (text: string) => ({ "out-data": Buffer.from(text).toString("base64") });

  it("takes one program, with the fresh bytes in the request and in no argument", async () => {
    const programs: Record<string, unknown>[] = [];
    const agent = openFakeAgent({
      "guest-exec": (args) => ({ pid: programs.push(args) }),
      "guest-exec-status": () => ({ exited: true, exitcode: 0, ...said("clock 0\nrandom 0\n") }),
    });
    const guest = new AgentGuest({ shell: agent.shell, uri: "u", domain: "d" }, SYSTEM);
    assert.deepEqual(await guest.refresh(), []);
    assert.equal(programs.length, 1);
    const [{ arg, "input-data": input } = {}] = programs;
    const fresh = Buffer.from(input as string, "base64").subarray(-256);
    assert.equal(fresh.length, 256);
    assert.ok(!(arg as string[]).join("\0").includes(fresh.toString("latin1")));
    assert.ok(agent.started.every((argv) => !argv.join(" ").includes(input as string)));
  });

  it("gets its clock set by an agent that may not run programs, and its user is told of the rest", async () => {
    const times: unknown[] = [];
    const agent = openFakeAgent({ "guest-set-time": ({ time }) => ({ times: times.push(time) }) });
    const guest = new AgentGuest({ shell: agent.shell, uri: "u", domain: "d" }, SYSTEM);
    assert.match(
      (await guest.refresh()).join(),
      /^the guest's random numbers could not be renewed.*guest-exec/,
    );
    assert.equal(times.length, 1);
    assert.ok(Math.abs(Number(times[0]) / 1e6 - Date.now()) < 60_000);
  });

  it("gets its clock set by the agent where its own date refuses", async () => {
    const agent = openFakeAgent({
      "guest-exec": () => ({ pid: 1 }),
      "guest-exec-status": () => ({ exited: true, exitcode: 0, ...said("clock 1\nrandom 0\n") }),
      "guest-set-time": () => ({}),
    });
    const guest = new AgentGuest({ shell: agent.shell, uri: "u", domain: "d" }, SYSTEM);
    assert.deepEqual(await guest.refresh(), []);
  });
});

describe("openGuestConnection", () => {
  const shell: Shell = {
    description: "none",
    run: () => assert.fail("contacted"),
    output: () => assert.fail("contacted"),
    start: (): RunningCommand => assert.fail("contacted"),
    close: () => Promise.resolve(),
  };
  const context = {
    hypervisor: {
      name: "l",
      uri: "qemu:///system",
      connection: { type: "local" as const },
      diskPoolPath: "/a",
      imageCachePath: "/b",
    },
    shell,
    domain: "web",
    os: "linux" as const,
  };
  const ssh = {
    type: "ssh" as const,
    address: "10.0.0.9",
    port: 22,
    user: "root",
    hostKeys: ["ssh-ed25519 AAAA"],
  };

  it("names the way and contacts nothing", async () => {
    assert.equal(openGuestConnection({ type: "agent" }, context).description, 'guest agent of "web"');
    const guest = openGuestConnection(ssh, context);
    assert.equal(guest.description, "ssh root@10.0.0.9:22");
    await guest.close();
  });

  it("refuses a Windows guest by its agent", () => {
    assert.throws(() => openGuestConnection({ type: "agent" }, { ...context, os: "windows" }), UserError);
  });

  it("refuses to change the user in a Windows guest", async () => {
    const guest = openGuestConnection(ssh, { ...context, os: "windows" });
    const as = { user: "x", method: "sudo" as const };
    await assert.rejects(
      guest.run({ text: "x", shell: "powershell", timeoutMs: 1, as }),
      /cannot change the user/,
    );
  });
});

describe("lines that nobody reads", () => {
  it("end with their queue", async () => {
    const queue = new LineQueue();
    queue.end();
    const lines: string[] = [];
    for await (const line of queue) lines.push(line);
    assert.deepEqual(lines, []);
  });
});
