import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../../definitions/user-error";
import type { ImageStep } from "../../../definitions/images";
import { ensureImage } from "../../../hypervisor/images/ensure-image";
import { imageHost, type ImageHost } from "./image-host";

const MIB = 1024 ** 2;
const DECOMPRESS: ImageStep = { kind: "decompress" };

/** The cache is a file system of its own, too small for what is to be made in it. */
describe("an image that does not fit into the cache", function () {
  this.timeout(60_000);
  let here: ImageHost;
  before(function () {
    if (process.getuid?.() !== 0) this.skip();
  });
  beforeEach(() => {
    here = imageHost();
    mkdirSync(here.cache);
  });
  afterEach(() => {
    execFileSync("umount", ["-l", here.cache]);
    here.remove();
  });

  const run = (program: string, ...args: string[]) =>
    execFileSync(program, args, { cwd: here.folder, stdio: ["ignore", "pipe", "pipe"] });
  const offer = (bytes: number) => run("mount", "-t", "tmpfs", "-o", `size=${bytes}`, "none", here.cache);
  const ensure = (path: string, steps: ImageStep[], format: "raw" | "qcow2" = "raw") =>
    ensureImage(here.host, { name: "disk", source: { kind: "file", path }, format, steps }, here.observer, {
      folder: here.folder,
    });
  /** Before anything is written: the sizes are in the message, and nothing stays. */
  const isRefused = async (attempt: Promise<unknown>, purpose: string, needed: string) => {
    await assert.rejects(attempt, (error) => {
      assert.ok(error instanceof UserError, String(error));
      const { message } = error;
      assert.ok(message.startsWith(`${here.cache}: hypervisor "here" has no room ${purpose}\n`), message);
      assert.match(message, /found: +[0-9.]+ (MiB|KiB) free\n/);
      assert.match(message, new RegExp(`allowed: at least ${needed}\n`));
      assert.match(message, /guest-farm images prune/);
      return true;
    });
    assert.deepEqual(
      readdirSync(here.cache).filter((name) => /^[0-9a-f]{64}/.test(name)),
      [],
    );
    assert.deepEqual(readdirSync(join(here.cache, "work")), []);
  };

  it("is not copied", async () => {
    writeFileSync(join(here.folder, "disk.img"), randomBytes(MIB));
    offer(MIB);
    await isRefused(ensure("disk.img", []), 'to make base image "disk"', "2 MiB");
  });

  /** 24 MiB of one byte, which packs well, in files that say how much it is. */
  const packers: [string, string, string[]][] = [
    ["24 MiB", "disk.img.gz", ["gzip", "disk.img"]],
    ["24 MiB", "disk.img.xz", ["xz", "-0", "disk.img"]],
    ["24 MiB", "disk.img.zst", ["zstd", "-q", "disk.img"]],
    ["24 MiB", "disk.zip", ["zip", "-q", "disk.zip", "disk.img"]],
    // The archive and the image lie beside each other.
    ["48 MiB", "disk.tar.gz", ["tar", "-czf", "disk.tar.gz", "disk.img"]],
  ];
  for (const [needed, file, [program, ...args]] of packers) {
    it(`is not unpacked: ${file}`, async function () {
      writeFileSync(join(here.folder, "disk.img"), Buffer.alloc(24 * MIB, "x"));
      try {
        run(program ?? "", ...args);
      } catch {
        this.skip();
      }
      offer(12 * MIB);
      await isRefused(ensure(file, [DECOMPRESS]), "to unpack the image", needed);
    });
  }

  it("is reported as such when only the writing shows it", async () => {
    writeFileSync(join(here.folder, "disk.img"), Buffer.alloc(24 * MIB, "x"));
    run("bzip2", "disk.img");
    offer(12 * MIB);
    await assert.rejects(ensure("disk.img.bz2", [DECOMPRESS]), (error) => {
      assert.ok(error instanceof UserError, String(error));
      assert.match(error.message, /has no room left for decompress\.sh\n.*found: .*no space left on device/i);
      return true;
    });
    assert.deepEqual(readdirSync(join(here.cache, "work")), []);
  });

  it("is not converted, where its content does not fit; holes take no room", async () => {
    writeFileSync(join(here.folder, "disk.img"), Buffer.alloc(4 * MIB, "x"));
    truncateSync(join(here.folder, "disk.img"), 64 * MIB);
    run("qemu-img", "convert", "-c", "-f", "raw", "-O", "qcow2", "disk.img", "disk.qcow2");
    offer(3 * MIB);
    await isRefused(
      ensure("disk.qcow2", [], "raw"),
      "to convert the image from qcow2 to raw",
      "4\\.[0-9] MiB",
    );
    run("mount", "-o", "remount,size=16M", here.cache);
    const image = await ensure("disk.qcow2", [], "raw");
    run("qemu-img", "compare", image.path, "disk.img");
  });

  it("is not enlarged, where its content does not fit three times; holes take no room", async () => {
    writeFileSync(join(here.folder, "disk.img"), randomBytes(MIB));
    truncateSync(join(here.folder, "disk.img"), 8 * MIB);
    run("mke2fs", "-q", "-F", "-t", "ext4", "disk.img");
    offer(36 * MIB);
    const steps: ImageStep[] = [{ kind: "resize", sizeMiB: 256 }];
    const image = await ensure("disk.img", steps);
    run("e2fsck", "-fn", image.path);
    run(
      "rm",
      "-rf",
      image.path,
      ...[`${image.digest}.json`, "index", "steps"].map((name) => join(here.cache, name)),
    );
    run("mount", "-o", "remount,size=18M", here.cache);
    run("sh", "-c", `dd if=/dev/urandom of=disk.img bs=1M seek=1 count=6 conv=notrunc status=none`);
    await isRefused(ensure("disk.img", steps), "to enlarge the image to 256 MiB", "[0-9]+ MiB");
  });
});
