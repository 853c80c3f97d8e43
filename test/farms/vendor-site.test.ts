import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cpSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { FarmUnderTest } from "../e2e/support/farm-under-test";
import { failed, FROM_INIT, says, succeeded } from "../e2e/support/outcomes";
import { tinyImage } from "../e2e/snapshots/tiny-image";
import { ImageServer, whole } from "../engine/images/image-server";

const PLATFORMS = resolve(__dirname, "../../stacks/example-02/platforms");
const GUEST = "Arch-Linux-amd64";
const FILE = "Arch-Linux-x86_64-cloudimg.qcow2";

/** The vendor's image is not to be had: a minimal Linux that boots from its disk goes by its name. */
describe("a platform of example-02 from its vendor's site, played by a local web server", () => {
  const farm = FarmUnderTest.fresh();
  let server: ImageServer;
  let right = "";
  let listed = "0".repeat(64);

  before(async () => {
    const image = readFileSync((await tinyImage()).baseImage.path);
    right = createHash("sha256").update(image).digest("hex");
    server = new ImageServer({
      [`/${FILE}`]: whole(image),
      [`/${FILE}.SHA256`]: (request, reply) => whole(Buffer.from(`${listed}  ${FILE}\n`))(request, reply),
    });
    await server.start();
    cpSync(PLATFORMS, join(farm.folder, "stacks", farm.stack, "platforms"), { recursive: true });
    farm.phase("init.yaml", { run: "true" });
    farm.phase("main.yaml", { run: "cat /etc/os-release" });
    farm.farm({
      hypervisors: { local: {} },
      guests: {
        list: [
          {
            platform: "Arch-Linux",
            target: "amd64",
            vars: { folder: server.url("") },
            auth: { user: "root" },
            shell: "sh",
            memory: 256,
            readiness: { timeout: 600 },
          },
        ],
      },
      project: { id: "vendor", phases: "phases", runMain: "always" },
    });
    await farm.init();
  });
  after(async () => {
    await farm.remove();
    await server.stop();
  });

  it("is refused while it is not what the vendor's list says", async () => {
    says(failed(await farm.up()), FILE, listed);
  });

  it("is taken when it is, once", async () => {
    listed = right;
    succeeded(await farm.up());
    assert.equal(farm.result(GUEST).status, "passed");
    assert.match(farm.kept(GUEST, "main.log"), /^ID=tiny$/m);
    const fetched = server.counts.get(`/${FILE}`);
    succeeded(await farm.up());
    assert.deepEqual(
      farm.acted(GUEST),
      FROM_INIT.filter((phase) => phase !== "terminate"),
    );
    assert.equal(server.counts.get(`/${FILE}`), fetched);
  });
});
