import { strict as assert } from "node:assert";
import { HostKeyError, ReadinessError } from "../../../connections/guest-connection";
import { waitForCloudInit } from "../../../connections/guest/wait-for-cloud-init";
import { CommandError, LinkLostError, LoginShellError } from "../../../connections/shell";

const SAID = "\u001b]0;owned\u0007\u001b[2Jfirst\u009b31m\nsecond\u0008";
const SHOWN = "first.31m\nsecond.";

describe("errors with words of another machine", () => {
  const errors: Record<string, () => Error> = {
    "a command that failed": () =>
      new CommandError("guest", ["x"], { exitCode: 1, stdout: "", stderr: SAID }),
    "a lost link": () => new LinkLostError("guest", SAID),
    "a login shell that starts nothing": () => new LoginShellError("guest", 1, SAID),
    "a guest that is not ready": () => new ReadinessError("a login", 1000, SAID),
    "another host key": () => new HostKeyError("guest", SAID),
  };
  for (const [what, make] of Object.entries(errors)) {
    it(`show no terminal sequences: ${what}`, () => {
      assert.ok(make().message.includes(SHOWN), JSON.stringify(make().message));
      // eslint-disable-next-line no-control-regex
      assert.doesNotMatch(make().message, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    });
  }

  it("keep a command's own words as they were", () => {
    const result = { exitCode: 1, stdout: "", stderr: SAID };
    assert.equal(new CommandError("guest", ["x"], result).result.stderr, SAID);
  });

  it("show none of cloud-init's either", async () => {
    const ask = () => Promise.resolve({ state: "failed" as const, reason: SAID });
    await assert.rejects(
      waitForCloudInit(ask, Number.POSITIVE_INFINITY, { mode: "login", timeoutMs: 1000 }),
      (error: Error) => error.message === `cloud-init failed in the guest: ${SHOWN}`,
    );
  });
});
