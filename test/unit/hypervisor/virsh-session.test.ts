import assert from "node:assert/strict";
import { LineQueue } from "../../../connections/process/line-queue";
import { CommandTimeoutError, type RunningCommand } from "../../../connections/shell";
import { readOutput, VirshSession } from "../../../hypervisor/virsh-session";

/** A virsh that repeats what it is told and prints what `play` gives; null: nothing more. */
function fakeVirsh(play: (line: string) => string | null) {
  const seen = { started: 0, ended: 0, told: [] as string[] };
  const start = (): RunningCommand => {
    seen.started += 1;
    const lines = new LineQueue();
    let stuck = false;
    const end = () => {
      seen.ended += 1;
      lines.end();
    };
    return {
      write: (text) => {
        for (const line of text.split("\n").slice(0, -1)) {
          if (stuck) return;
          lines.push(`virsh # ${line}\n`);
          if (line.startsWith("echo")) {
            lines.push(line.slice("echo ".length));
            continue;
          }
          seen.told.push(line);
          const answer = play(line);
          stuck = answer === null;
          lines.push(answer ?? "");
        }
      },
      end,
      kill: end,
      lines,
      exited: Promise.resolve({ exitCode: 0, stderr: "" }),
    };
  };
  return { seen, session: new VirshSession({ description: "fake", start }, "test:///default") };
}

describe("a virsh that stays open", () => {
  it("answers one question after the other", async () => {
    const { seen, session } = fakeVirsh((line) =>
      line.includes("domstate") ? "shut off\n" : "<a>\n <b/>\n</a>\n",
    );
    assert.equal(await session.ask(["domstate", "--domain", "one"], 1000), "shut off\n");
    assert.equal(await session.ask(["dumpxml", "--domain", "one"], 1000), "<a>\n <b/>\n</a>\n");
    assert.equal(seen.started, 1);
    session.close();
    assert.equal(seen.ended, 1);
  });

  it("keeps a last line that virsh has not ended", async () => {
    const { session } = fakeVirsh(() => "one\ntwo");
    assert.equal(await session.ask(["list"], 1000), "one\ntwo");
    session.close();
  });

  it("quotes every word", async () => {
    const { seen, session } = fakeVirsh(() => "");
    assert.equal(await session.ask(["destroy", "--domain", `a "b" \\; undefine 'c'`], 1000), "");
    assert.deepEqual(seen.told, [`"destroy" "--domain" "a \\"b\\" \\\\; undefine 'c'"`]);
    session.close();
  });

  it("leaves refusals to another virsh, and starts afresh", async () => {
    let refuse = true;
    const { seen, session } = fakeVirsh(() => (refuse ? "error: failed to get domain 'one'\n" : "running\n"));
    assert.equal(await session.ask(["domstate", "--domain", "one"], 1000), null);
    refuse = false;
    assert.equal(await session.ask(["domstate", "--domain", "one"], 1000), "running\n");
    assert.equal(seen.started, 2);
    session.close();
  });

  it("leaves words to another that virsh's lines cannot hold", async () => {
    const { seen, session } = fakeVirsh(() => "");
    for (const name of ["a\nundefine b", "käse", "a\tb"]) {
      assert.equal(await session.ask(["destroy", "--domain", name], 1000), null);
    }
    assert.equal(seen.started, 0);
  });

  it("answers one at a time", async () => {
    const { session } = fakeVirsh(() => "shut off\n");
    const both = await Promise.all([session.ask(["domstate"], 1000), session.ask(["domstate"], 1000)]);
    assert.deepEqual(both, ["shut off\n", null]);
    session.close();
  });

  it("is ended when it does not answer in time", async () => {
    const { seen, session } = fakeVirsh(() => null);
    await assert.rejects(session.ask(["destroy", "--domain", "one"], 20), (error) => {
      assert.ok(error instanceof CommandTimeoutError);
      assert.match(error.message, /^virsh destroy --domain on fake did not end within 0.02 s/);
      return true;
    });
    assert.equal(seen.ended, 1);
  });

  it("says nothing when virsh ends", async () => {
    const { session } = fakeVirsh(() => {
      session.close();
      return null;
    });
    assert.equal(await session.ask(["domstate"], 1000), null);
  });
});

describe("what a virsh has printed", () => {
  it("is not taken from lines that came late, or in between", () => {
    assert.equal(readOutput(["virsh # list", "one", "virsh # echo M"], "M"), "one\n");
    assert.equal(readOutput(["virsh # list", "onevirsh # echo M"], "M"), "one");
    assert.equal(readOutput(["one", "virsh # list", "virsh # echo M"], "M"), null);
    assert.equal(readOutput(["virsh # list", "error: Disconnected", "one", "virsh # echo M"], "M"), null);
    assert.equal(readOutput(["virsh # list", "one"], "M"), null);
    assert.equal(readOutput([], "M"), null);
  });
});
