import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeFarmConfig } from "../../../cli/access/config-file";
import { makeRunFolder } from "../../../cli/lifecycle/run-folder";
import { keptGuests } from "../../../cli/results/kept-results";
import { guestFolder, stackFolder } from "../../../hypervisor/controller-files";

describe("files of stacks and guests on the controller", () => {
  it("are where they have always been", () => {
    assert.equal(stackFolder("/p", "dev"), "/p/.guest-farm/dev");
    assert.equal(guestFolder("/p", "dev", "tiny-amd64"), "/p/.guest-farm/dev/tiny-amd64");
    assert.match(guestFolder("/p", "a b", "tiny/amd64"), /^\/p\/\.guest-farm\/a-b~\w{8}\/tiny-amd64~\w{8}$/);
  });

  it("of a stack with the name of something beside the stacks are apart from it", () => {
    const taken = ["state", "passphrase", "toolchain", "file-digests.json", "passphrase.1"];
    for (const name of taken) assert.match(stackFolder("/p", name), new RegExp(`/${name}~\\w{8}$`));
    assert.equal(stackFolder("/p", "stateful"), "/p/.guest-farm/stateful");
  });

  it("of a guest with the name of something beside the guests are apart from it", () => {
    const folder = mkdtempSync(join(tmpdir(), "guest-farm-files-"));
    try {
      const guests = ["ssh_config", "known_hosts", "agent", "facts.json", "web"];
      for (const name of guests) makeRunFolder(folder, "state", name, "20261129T000000000Z-abcdef");
      writeFarmConfig(folder, "state", []);
      assert.equal(keptGuests(folder, "state").length, guests.length);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
