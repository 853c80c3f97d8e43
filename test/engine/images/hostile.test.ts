import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../../definitions/user-error";
import { ensureImage } from "../../../hypervisor/images/ensure-image";
import { SCRIPTS_FOLDER } from "../../../hypervisor/images/workshop";
import { HOSTILE_IMAGES } from "../../support/hostile-images";
import { imageHost, type ImageHost } from "./image-host";

describe("an image of a stranger", function () {
  this.timeout(60_000);
  let here: ImageHost;
  let secret: string;
  beforeEach(() => {
    here = imageHost();
    secret = join(here.folder, "secret");
    writeFileSync(secret, "secret of the host\n".repeat(1000), { mode: 0o600 });
    mkdirSync(join(here.folder, "making"));
  });
  afterEach(() => here.remove());

  const ensure = (format: "raw" | "qcow2") =>
    ensureImage(
      here.host,
      { name: "disk", source: { kind: "file", path: "disk.img" }, format, steps: [] },
      here.observer,
      { folder: here.folder },
    );
  const published = () => readdirSync(here.cache).filter((name) => /^[0-9a-f]{64}/.test(name));

  for (const { name, reason, make } of HOSTILE_IMAGES) {
    it(`is refused, and nothing of it stays: ${name}`, async () => {
      writeFileSync(join(here.folder, "disk.img"), make(join(here.folder, "making"), secret));
      await assert.rejects(ensure("qcow2"), (error) => {
        assert.ok(error instanceof UserError, String((error as Error).stack));
        assert.match(error.message, reason);
        return true;
      });
      assert.deepEqual(published(), []);
      assert.deepEqual(readdirSync(join(here.cache, "work")), []);
    });
  }

  const taken: readonly [string, readonly string[]][] = [
    ["qcow2", ["-f", "qcow2"]],
    ["qcow2 of the old version", ["-f", "qcow2", "-o", "compat=0.10"]],
    ["qcow2 with extended tables", ["-f", "qcow2", "-o", "extended_l2=on,cluster_size=128k"]],
    ["VMDK", ["-f", "vmdk"]],
    ["VMDK for streams", ["-f", "vmdk", "-o", "subformat=streamOptimized"]],
    ["VDI", ["-f", "vdi"]],
    ["VDI of full size", ["-f", "vdi", "-o", "static=on"]],
    ["VHD", ["-f", "vpc", "-o", "force_size=on"]],
    ["VHDX", ["-f", "vhdx"]],
  ];
  for (const [name, [, format = "", ...options]] of taken) {
    it(`is taken where it stands alone: ${name}`, async () => {
      const content = join(here.folder, "content");
      writeFileSync(content, Buffer.concat([randomBytes(1024 ** 2), Buffer.alloc(1024 ** 2)]));
      execFileSync("qemu-img", [
        ...["convert", "-f", "raw", "-O", format, ...options, content, join(here.folder, "disk.img")],
      ]);
      const image = await ensure("raw");
      assert.ok(readFileSync(image.path).equals(readFileSync(content)));
    });
  }
});

describe("a program that opens what a stranger made", () => {
  const CONFINE = join(SCRIPTS_FOLDER, "confine.sh");
  let folder: string;
  let work: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "confine-"));
    work = join(folder, "work");
    mkdirSync(work, { mode: 0o700 });
    writeFileSync(join(work, "image"), "image");
    writeFileSync(join(folder, "secret"), "secret", { mode: 0o644 });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const confine = (output: string, program: string, bytes = 2 ** 20) =>
    execFileSync("bash", [CONFINE, join(work, "image"), output, String(bytes), "sh", "-c", program], {
      cwd: work,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  const asRoot = function (this: Mocha.Context): void {
    if (process.getuid?.() !== 0) this.skip();
  };

  it("reads the image and leaves a file", () => {
    confine(join(work, "made"), "cat ./in ./in > ./out");
    assert.equal(readFileSync(join(work, "made"), "utf8"), "imageimage");
    assert.deepEqual(readdirSync(work).sort(), ["image", "made"]);
  });

  it("changes an image in its place", () => {
    confine(join(work, "image"), "echo more >> ./in");
    assert.equal(readFileSync(join(work, "image"), "utf8"), "imagemore\n");
    assert.deepEqual(readdirSync(work), ["image"]);
  });

  it("leaves nothing when it fails", () => {
    assert.throws(() => confine(join(work, "made"), "echo part > ./out; exit 7"), { status: 7 });
    assert.deepEqual(readdirSync(work), ["image"]);
  });

  it("leaves no link to a file of the host", () => {
    assert.throws(() => confine(join(work, "made"), `ln -s ${join(folder, "secret")} ./out`), /left no file/);
    assert.deepEqual(readdirSync(work), ["image"]);
  });

  it("makes no file larger than it may", () => {
    assert.throws(() => confine(join(work, "made"), "head -c 100000 /dev/zero > ./out", 4096));
    assert.deepEqual(readdirSync(work), ["image"]);
  });

  it("is another user without rights, and can change neither the image nor what is beside it", function () {
    asRoot.call(this);
    const status = confine("", "id -u; grep ^CapEff /proc/self/status; ls .. 2>&1; echo x >> ./in; true");
    const [user = "0", rights = ""] = status.split("\n");
    assert.notEqual(user, "0");
    assert.match(rights, /CapEff:\s0+$/);
    assert.match(status, /Permission denied|cannot open/);
    assert.equal(readFileSync(join(work, "image"), "utf8"), "image");
  });

  it("sees no file of the host's users, where namespaces can be had", function () {
    asRoot.call(this);
    try {
      execFileSync("unshare", ["--mount", "--net", "true"], { stdio: "ignore" });
    } catch {
      this.skip();
    }
    assert.equal(confine("", "ls -A /home /root /var /tmp /run").replace(/^\/.*:\n|\n/gm, ""), "");
    assert.equal(confine("", "tail -n +3 /proc/net/dev | grep -vc lo: || true"), "0\n");
  });
});
