import assert from "node:assert/strict";
import { openLocalShell } from "../../../connections/local";
import { hypervisorHost } from "../../../hypervisor/host";
import { hostUnder } from "../../../hypervisor/host-under";
import { fakeHost } from "./fake-host";
import { sampleDomain } from "./sample-domain";

const GIVEN_UP = new Error("restoring did not end in time");

describe("a hypervisor under a signal", () => {
  it("ends what runs, and waits for its end", async () => {
    const stop = new AbortController();
    const { shell } = hostUnder(hypervisorHost(sampleDomain().hypervisor, openLocalShell()), stop.signal);
    const running = shell.run({
      argv: ["sh", "-c", "echo on; exec sleep 600"],
      onOutput: () => stop.abort(GIVEN_UP),
    });
    await assert.rejects(running, GIVEN_UP);
  });

  it("begins nothing more: neither commands nor virsh nor work on files", async () => {
    const host = fakeHost(() => undefined);
    const under = hostUnder(host, AbortSignal.abort(GIVEN_UP));
    for (const begin of [
      () => under.virsh(["destroy", "--domain", "web"]),
      () => under.tryVirsh(["destroy", "--domain", "web"]),
      () => under.shell.run({ argv: ["rm", "x"] }),
      () => under.shell.output({ argv: ["rm", "x"] }),
      () => under.files.remove("/pool/web/layers/1"),
    ]) {
      await assert.rejects(begin, GIVEN_UP);
    }
    assert.throws(() => under.shell.start(["virsh"]), GIVEN_UP);
    assert.deepEqual(host.commands, []);
  });
});
