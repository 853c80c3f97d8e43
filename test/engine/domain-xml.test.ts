import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { openLocalShell } from "../../connections/local";

const FOLDER = join(__dirname, "..", "unit", "hypervisor", "golden");

describe("the golden domain XML", function () {
  this.timeout(30_000);
  const shell = openLocalShell();
  after(() => shell.close());

  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith(".xml"))) {
    it(`${file} is what libvirt's schema allows`, async function () {
      const tools = await shell.run({
        argv: ["sh", "-c", "command -v virt-xml-validate && command -v xmllint"],
      });
      if (tools.exitCode !== 0) this.skip();
      await shell.output({ argv: ["virt-xml-validate", join(FOLDER, file), "domain"] });
    });

    // libvirt's schema is ahead of its reader here: what newer ones can do is held against the schema alone.
    if (file.startsWith("newer-libvirt-")) continue;
    it(`${file} is defined by libvirt's test driver`, async () => {
      const argv = ["virsh", "-c", "test:///default", "define", "--validate", join(FOLDER, file)];
      assert.match(await shell.output({ argv }), /defined from/);
    });
  }
});
