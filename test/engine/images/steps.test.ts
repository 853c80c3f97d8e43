import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { ImageDefinition, ImageStep } from "../../../definitions/images";
import { ensureImage } from "../../../hypervisor/images/ensure-image";
import { requireSpace } from "../../../hypervisor/images/space";
import { verifyImage } from "../../../hypervisor/images/verify";
import { imageHost, type ImageHost } from "./image-host";

const MIB = 1024 ** 2;

describe("an image from a file, through steps", function () {
  this.timeout(60_000);
  const content = randomBytes(MIB);
  let here: ImageHost;
  beforeEach(() => {
    here = imageHost();
    writeFileSync(join(here.folder, "disk.img"), content);
  });
  afterEach(() => here.remove());

  const definition = (
    path: string,
    steps: ImageStep[],
    format: "raw" | "qcow2" = "raw",
  ): ImageDefinition => ({
    name: "disk",
    source: { kind: "file", path },
    format,
    steps,
  });
  const ensure = (wanted: ImageDefinition) =>
    ensureImage(here.host, wanted, here.observer, { folder: here.folder });
  const run = (program: string, ...args: string[]) =>
    execFileSync(program, args, { cwd: here.folder, stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" });
  const nothingLeft = () => {
    assert.deepEqual(
      readdirSync(here.cache).filter((name) => /^[0-9a-f]{64}/.test(name)),
      [],
    );
    assert.deepEqual(readdirSync(join(here.cache, "work")), []);
  };

  const packers: [string, string, string[]][] = [
    ["gz", "disk.img.gz", ["gzip", "-k", "disk.img"]],
    ["bz2", "disk.img.bz2", ["bzip2", "-k", "disk.img"]],
    ["xz", "disk.img.xz", ["xz", "-k", "-0", "disk.img"]],
    ["zst", "disk.img.zst", ["zstd", "-q", "-k", "disk.img"]],
    ["tar", "disk.tar", ["tar", "-cf", "disk.tar", "disk.img"]],
    ["tar.gz", "disk.tar.gz", ["tar", "-czf", "disk.tar.gz", "disk.img"]],
    ["zip", "disk.zip", ["zip", "-q", "disk.zip", "disk.img"]],
  ];
  for (const [name, file, [program, ...args]] of packers) {
    it(`unpacks ${name}`, async function () {
      try {
        run(program!, ...args);
      } catch {
        this.skip();
      }
      const image = await ensure(definition(file, [{ kind: "decompress" }]));
      assert.deepEqual(readFileSync(image.path), content);
      assert.deepEqual(readdirSync(join(here.cache, "work")), []);
    });
  }

  it("refuses a damaged archive, and leaves the cache as it was", async () => {
    run("gzip", "-k", "disk.img");
    writeFileSync(
      join(here.folder, "disk.img.gz"),
      readFileSync(join(here.folder, "disk.img.gz")).subarray(0, MIB / 2),
    );
    await assert.rejects(ensure(definition("disk.img.gz", [{ kind: "decompress" }])), /gz file is damaged/);
    nothingLeft();
  });

  it("refuses an archive of several files, and names them", async () => {
    writeFileSync(join(here.folder, "other.txt"), "x");
    run("tar", "-cf", "disk.tar", "disk.img", "other.txt");
    await assert.rejects(ensure(definition("disk.tar", [{ kind: "decompress" }])), /disk\.img other\.txt/);
    const image = await ensure(definition("disk.tar", [{ kind: "decompress", member: "disk.img" }]));
    assert.deepEqual(readFileSync(image.path), content);
  });

  it("refuses a compressed file that no step unpacks", async () => {
    run("gzip", "-k", "disk.img");
    await assert.rejects(ensure(definition("disk.img.gz", [])), /image is compressed/);
    nothingLeft();
  });

  it("converts to the format that was asked for", async () => {
    const image = await ensure(definition("disk.img", [], "qcow2"));
    assert.equal(
      (JSON.parse(run("qemu-img", "info", "--output=json", image.path)) as { format: string }).format,
      "qcow2",
    );
    const hash = createHash("sha256").update(readFileSync(image.path)).digest("hex");
    assert.equal(image.digest, hash);
    run("qemu-img", "compare", image.path, "disk.img");
  });

  it("refuses an image that lies over a file of the hypervisor", async () => {
    run(
      "qemu-img",
      "create",
      "-q",
      "-f",
      "qcow2",
      "-F",
      "raw",
      "-b",
      join(here.folder, "disk.img"),
      "over.qcow2",
    );
    await assert.rejects(ensure(definition("over.qcow2", [], "qcow2")), /lies over another file/);
    nothingLeft();
  });

  it("grows a disk, its last partition and the file system", async function () {
    try {
      run("sfdisk", "--version");
    } catch {
      this.skip();
    }
    run("truncate", "-s", "40M", "part.img");
    execFileSync("sfdisk", ["-q", "part.img"], {
      cwd: here.folder,
      input: "label: gpt\nstart=2048, size=2048\nstart=4096, size=65536\n",
    });
    run("mke2fs", "-q", "-t", "ext4", "-E", `offset=${4096 * 512}`, "part.img", "32M");
    const image = await ensure(definition("part.img", [{ kind: "resize", sizeMiB: 100 }]));
    const table = JSON.parse(run("sfdisk", "--json", image.path)) as {
      partitiontable: { partitions: { start: number; size: number }[] };
    };
    const last = table.partitiontable.partitions[1]!;
    assert.ok(last.size * 512 > 95 * MIB, `partition of ${last.size * 512} bytes`);
    run(
      "dd",
      `if=${image.path}`,
      "of=fs.img",
      "bs=512",
      `skip=${last.start}`,
      `count=${last.size}`,
      "status=none",
    );
    run("e2fsck", "-fn", "fs.img");
    const header = run("dumpe2fs", "-h", "fs.img");
    const blocks = Number(/Block count:\s+(\d+)/.exec(header)?.[1]);
    const size = Number(/Block size:\s+(\d+)/.exec(header)?.[1]);
    assert.ok(blocks * size > 95 * MIB, `file system of ${blocks * size} bytes`);
  });

  it("makes nothing smaller", async () => {
    const big = definition("disk.img", [
      { kind: "resize", sizeMiB: 2 },
      { kind: "resize", sizeMiB: 1 },
    ]);
    await assert.rejects(ensure(big), /not made smaller/);
    nothingLeft();
  });

  it("runs a script of the user on the image", async () => {
    const step: ImageStep = { kind: "run", text: 'printf "\\0changed" > "$1"', timeout: 10 };
    const image = await ensure(definition("disk.img", [step]));
    assert.equal(readFileSync(image.path, "utf8"), "\0changed");
  });

  for (const stream of ["1", "2"]) {
    it(`shows what a script prints while it runs, on stream ${stream}`, async () => {
      const seen = join(here.folder, "seen");
      const text = `echo working >&${stream}; until [ -e '${seen}' ]; do sleep 0.1; done`;
      const step: ImageStep = { kind: "run", name: "brand", text, timeout: 30 };
      const lines: string[] = [];
      const progress = (line: string) => {
        lines.push(line);
        if (line.endsWith("| working")) writeFileSync(seen, "");
      };
      const options = { folder: here.folder };
      await ensureImage(here.host, definition("disk.img", [step]), { ...here.observer, progress }, options);
      assert.ok(
        lines.some((line) => /^step 1 of 1: brand \(\d+ s\) \| working$/.test(line)),
        lines.join("\n"),
      );
    });
  }

  it("says what a failing script said, and leaves the cache as it was", async () => {
    const step: ImageStep = { kind: "run", name: "brand", text: "echo no ink >&2; exit 3", timeout: 10 };
    await assert.rejects(
      ensure(definition("disk.img", [step])),
      /step "brand" failed \(exit code 3\): no ink/,
    );
    nothingLeft();
  });

  it("refuses a file with another digest", async () => {
    const wanted: ImageDefinition = {
      ...definition("disk.img", []),
      source: {
        kind: "file",
        path: "disk.img",
        checksum: { kind: "literal", algorithm: "sha256", value: "0".repeat(64) },
      },
    };
    await assert.rejects(ensure(wanted), /not the expected one/);
    nothingLeft();
  });

  it("names a file that is not there", async () => {
    await assert.rejects(ensure(definition("missing.img", [])), /missing\.img/);
  });

  it("copies large files whole", async () => {
    run("truncate", "-s", "33M", "large.img");
    writeFileSync(join(here.folder, "large.img"), "end", { flag: "a" });
    const image = await ensure(definition("large.img", []));
    run("cmp", image.path, "large.img");
  });

  it("makes it again when asked, and keeps one copy of the same content", async () => {
    const first = await ensure(definition("disk.img", []));
    writeFileSync(join(here.folder, "disk.img"), randomBytes(MIB));
    assert.equal((await ensure(definition("disk.img", []))).digest, first.digest);
    const second = await ensureImage(here.host, definition("disk.img", []), here.observer, {
      folder: here.folder,
      refresh: true,
    });
    assert.notEqual(second.digest, first.digest);
    assert.deepEqual(readFileSync(first.path), content);
  });

  describe("in the cache", () => {
    const damages: [string, (path: string) => void][] = [
      ["with another mode", (path) => chmodSync(path, 0o644)],
      ["with another date", (path) => utimesSync(path, 1, 1)],
      ["of another size", (path) => writeFileSync(path, "x", { flag: "a" })],
      ["that is gone", (path) => run("rm", "-f", path)],
    ];
    for (const [what, damage] of damages) {
      it(`is refused ${what}`, async () => {
        const image = await ensure(definition("disk.img", []));
        await verifyImage(here.host, image, { full: true });
        chmodSync(image.path, 0o644);
        chmodSync(image.path, 0o444);
        damage(image.path);
        await assert.rejects(verifyImage(here.host, image), /not what was put into the cache/);
      });
    }

    it("is refused with other content of the same size and date, when asked fully", async () => {
      const image = await ensure(definition("disk.img", []));
      const { atime, mtime } = statSync(image.path);
      chmodSync(image.path, 0o644);
      writeFileSync(image.path, randomBytes(MIB));
      chmodSync(image.path, 0o444);
      utimesSync(image.path, atime, mtime);
      await verifyImage(here.host, image);
      await assert.rejects(verifyImage(here.host, image, { full: true }), /sha256/);
    });
  });

  it("has room checked before", async () => {
    mkdirSync(here.cache);
    await assert.rejects(
      requireSpace(here.host, "to try", 2 ** 60),
      /cache: hypervisor "here" has no room to try\n.*found: .*free\n.*at least 1048576 TiB/,
    );
  });
});
