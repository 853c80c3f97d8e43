import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { FarmUnderTest } from "../e2e/support/farm-under-test";
import { guestFarm, run, startGuestFarm } from "../e2e/support/guest-farm-cli";
import { failed, says, succeeded } from "../e2e/support/outcomes";
import { domainOf, TINY, tinyFarm, virsh } from "../e2e/support/tiny-farm";

const ALL_BUT_SHUTDOWN = [
  "startup",
  "restore init",
  "create init",
  "restore clean",
  "create clean",
  "dependencies",
  "init",
  "main",
  "terminate",
];

describe("ways into a guest that is kept on", function () {
  this.timeout(600_000);
  const farm = FarmUnderTest.fresh();
  const config = join(farm.folder, ".guest-farm", farm.stack, "ssh_config");
  const stack = ["--stack", farm.stack];
  const ownKey = join(farm.folder, "own");

  before(async () => {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", ownKey]);
    const guest = {
      readiness: { timeout: 300 },
      allowedPhases: ALL_BUT_SHUTDOWN,
      seed: { users: [{ name: "root", keys: [readFileSync(`${ownKey}.pub`, "utf8").trim()] }] },
    };
    farm.farm(tinyFarm({ guest, project: { runMain: "onChange" } }));
    farm.phase("main.yaml", { name: "look", run: "echo ran" });
    await farm.init();
    succeeded(await farm.up());
  });
  after(() => farm.remove());

  it("the update wrote an OpenSSH configuration that only its owner can read, and no secret is in it", () => {
    assert.equal(statSync(config).mode & 0o777, 0o600);
    const text = readFileSync(config, "utf8");
    assert.match(text, new RegExp(`^Host ${TINY}$`, "m"));
    assert.doesNotMatch(text, /PRIVATE KEY/);
  });

  it("guest-farm ssh runs a command as its own words say and ends with its exit code", async () => {
    const result = await guestFarm(farm, "ssh", ...stack, TINY, "echo", "from $(hostname);", "exit 7");
    assert.equal(result.exitCode, 7);
    assert.match(result.output, /^from tiny-amd64$/m);
  });

  it("plain ssh works with a key of one's own", async () => {
    says(succeeded(await run(farm, "ssh", ["-F", config, "-i", ownKey, TINY, "hostname"])), TINY);
  });

  it("plain ssh works with the farm's key while an agent holds it, and not afterwards", async () => {
    const ssh = ["-F", config, "-o", "IdentityFile=none", "-o", "BatchMode=yes", TINY, "hostname"];
    failed(await run(farm, "ssh", ssh));
    const agent = await startGuestFarm(farm, "ssh-agent", ...stack);
    says(succeeded(await run(farm, "ssh", ssh)), TINY);
    agent.kill("SIGINT");
    await once(agent, "close");
    failed(await run(farm, "ssh", ssh));
  });

  it("files go in and come back", async () => {
    farm.write("there.txt", "there and back\n");
    succeeded(await guestFarm(farm, "cp", ...stack, "there.txt", `${TINY}:/root/there.txt`));
    succeeded(await guestFarm(farm, "cp", ...stack, `${TINY}:/root/there.txt`, "back.txt"));
    assert.equal(readFileSync(join(farm.folder, "back.txt"), "utf8"), "there and back\n");
  });

  it("another checkout gets in as well, by the state alone", async () => {
    const other = farm.anotherCheckout();
    try {
      says(succeeded(await guestFarm(other, "ssh", ...stack, TINY, "hostname")), TINY);
    } finally {
      await run(other, "rm", ["-rf", other.folder]);
    }
  });

  it("the console's log begins with the first boot", async () => {
    says(succeeded(await guestFarm(farm, "console", TINY, ...stack, "--log")), "Please press Enter");
  });

  it("a guest that there is not is named, with those that there are", async () => {
    says(failed(await guestFarm(farm, "ssh", ...stack, "tiny-amd", "true")), "no such guest", `"${TINY}"`);
  });

  it("a guest that is off is said to be off; the console's log can still be read", async () => {
    virsh("destroy", domainOf(farm));
    for (const args of [
      ["ssh", ...stack, TINY],
      ["console", TINY, ...stack],
      ["cp", ...stack, `${TINY}:/x`, "y"],
    ]) {
      says(failed(await guestFarm(farm, ...args)), `guest "${TINY}" is off`);
    }
    succeeded(await guestFarm(farm, "console", TINY, ...stack, "--log"));
  });
});
