import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeDisks } from "../../../providers/handlers/remove-disks";

describe("removeDisks", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "guest-farm-config-"));
    mkdirSync(join(folder, "below"));
    writeFileSync(join(folder, "Pulumi.yaml"), "name: guest-farm\n");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const configured = (text: string) => writeFileSync(join(folder, "Pulumi.dev.yaml"), text);
  const asked = (environment: Record<string, string> = {}, stack = "dev") =>
    removeDisks(stack, environment, join(folder, "below"));

  it("is what the stack's configuration says when it is asked", () => {
    assert.equal(asked(), false);
    configured('config:\n  guest-farm:removeDisks: "true"\n');
    assert.equal(asked(), true);
    assert.equal(asked({}, "organization/guest-farm/dev"), true);
    assert.equal(asked({}, "prod"), false);
    configured("config:\n  guest-farm:removeDisks: false\n");
    assert.equal(asked(), false);
  });

  it("keeps disks when the configuration cannot be read", () => {
    for (const text of ["config: [", "config:\n  guest-farm:removeDisks:\n    secure: x\n", "- 1\n"]) {
      configured(text);
      assert.equal(asked(), false, text);
    }
  });

  it("lets the environment decide for one run", () => {
    configured("config:\n  guest-farm:removeDisks: true\n");
    assert.equal(asked({ GUEST_FARM_REMOVE_DISKS: "false" }), false);
    assert.equal(asked({ GUEST_FARM_REMOVE_DISKS: "" }), true);
    configured("");
    assert.equal(asked({ GUEST_FARM_REMOVE_DISKS: "true" }), true);
  });
});
