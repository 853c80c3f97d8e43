import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { FarmUnderTest } from "../e2e/support/farm-under-test";
import { failed, FROM_INIT, says, succeeded } from "../e2e/support/outcomes";
import { domainOf, virsh } from "../e2e/support/tiny-farm";
import { tinyImage } from "../e2e/snapshots/tiny-image";
import { ImageServer, whole } from "../engine/images/image-server";

const PLATFORMS = resolve(__dirname, "../../stacks/example-02/platforms");
const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const GUEST = "Arch-Linux-amd64";
const FILE = "Arch-Linux-x86_64-cloudimg.qcow2";

/** The vendor's image is not to be had: a minimal Linux that boots from its disk goes by its name. */
describe("a platform of example-02 from its vendor's site, played by a local web server", () => {
  const farm = FarmUnderTest.fresh();
  let server: ImageServer;
  let right = "";
  let content: Buffer;
  let listed = "0".repeat(64);

  before(async () => {
    content = readFileSync((await tinyImage()).baseImage.path);
    right = sha256(content);
    server = new ImageServer({
      [`/${FILE}`]: (request, reply) => whole(content)(request, reply),
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

  const domain = () => domainOf(farm, GUEST);
  const uuid = () => virsh("domuuid", domain()).trim();
  /** What the guest's disk lies over, from the chain of its files. */
  const baseImage = (): string => {
    const [, disk = ""] =
      /^\s*file\s+disk\s+\S+\s+(.*)$/m.exec(virsh("domblklist", domain(), "--details")) ?? [];
    const chain = execFileSync("qemu-img", [
      "info",
      "--force-share",
      "--backing-chain",
      "--output=json",
      disk,
    ]);
    return (JSON.parse(chain.toString()) as { filename: string }[]).at(-1)?.filename ?? "";
  };

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

  it("stays what it is when the vendor moves on: the newer one waits in the cache", async () => {
    const newer = join(farm.folder, "newer.qcow2");
    execFileSync("qemu-img", ["convert", "-c", "-O", "qcow2", (await tinyImage()).baseImage.path, newer]);
    content = readFileSync(newer);
    listed = sha256(content);
    assert.notEqual(listed, right);
    const before = [uuid(), baseImage()];
    assert.match(before[1] ?? "", new RegExp(right));
    const fetched = server.counts.get(`/${FILE}`) ?? 0;

    await farm.config("stage", "image-cache");
    says(succeeded(await farm.preview()), "the vendor has a newer image");
    assert.equal(server.counts.get(`/${FILE}`), fetched, "a preview fetches nothing");
    succeeded(await farm.up());
    assert.equal(server.counts.get(`/${FILE}`), fetched + 1);

    await farm.config("stage", "full");
    const preview = succeeded(await farm.preview());
    says(preview, `a newer image is in the cache (${listed.slice(0, 12)}`, "guest-farm:adoptImages");
    assert.match(
      preview.output,
      /Resources:\n +[+~]+ 1 to (update|replace)\n +\d+ unchanged/,
      preview.output,
    );
    succeeded(await farm.up());
    assert.deepEqual(
      farm.acted(GUEST),
      FROM_INIT.filter((phase) => phase !== "terminate"),
    );
    assert.deepEqual([uuid(), baseImage()], before);
    assert.equal(server.counts.get(`/${FILE}`), fetched + 1);
  });

  it("is replaced by the newer one when that is adopted", async () => {
    await farm.config("adoptImages", "true");
    succeeded(await farm.up());
    assert.equal(farm.result(GUEST).cache, "miss");
    assert.match(baseImage(), new RegExp(listed));
    assert.doesNotMatch(succeeded(await farm.preview()).output, /a newer image/);
  });
});
