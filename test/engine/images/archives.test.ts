import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { ImageStep } from "../../../definitions/images";
import { UserError } from "../../../definitions/user-error";
import { ensureImage } from "../../../hypervisor/images/ensure-image";
import { imageHost, type ImageHost } from "./image-host";

const MIB = 1024 ** 2;
type Decompress = Omit<Extract<ImageStep, { kind: "decompress" }>, "kind">;

describe("an archive of a stranger", function () {
  this.timeout(60_000);
  const content = randomBytes(MIB);
  let here: ImageHost;
  beforeEach(() => (here = imageHost()));
  afterEach(() => here.remove());

  const at = (...names: string[]) => join(here.folder, ...names);
  const run = (program: string, ...args: string[]) =>
    execFileSync(program, args, { cwd: here.folder, stdio: ["ignore", "pipe", "pipe"] });
  const ensure = (how: Decompress = {}, limitMiB?: number) => {
    const limit = limitMiB === undefined ? {} : { imageSizeLimit: limitMiB / 1024 };
    const host = { ...here.host, spec: { ...here.host.spec, ...limit } };
    const definition = {
      name: "disk",
      source: { kind: "file" as const, path: "packed" },
      format: "raw" as const,
      steps: [{ kind: "decompress" as const, ...how }],
    };
    return ensureImage(host, definition, here.observer, { folder: here.folder });
  };
  const isRefused = async (attempt: Promise<unknown>, reason: RegExp) => {
    await assert.rejects(attempt, (error) => {
      assert.ok(error instanceof UserError, String((error as Error).stack));
      assert.match(error.message, reason);
      return true;
    });
    assert.deepEqual(
      readdirSync(here.cache).filter((name) => /^[0-9a-f]{64}/.test(name)),
      [],
    );
    assert.deepEqual(readdirSync(join(here.cache, "work")), []);
  };
  for (const kind of ["zip", "tar"]) {
    for (const name of ["disk[1].img", "disk*.img", "disk?.img", "a\\b.img", "-x.img"]) {
      it(`gives the file that is named, and no other: ${kind}, ${name}`, async function () {
        mkdirSync(at("in"));
        const other = Buffer.alloc(MIB, 1);
        const files = { "disk1.img": other, "disk22.img": other, "ab.img": other, [name]: content };
        for (const [file, bytes] of Object.entries(files)) writeFileSync(at("in", file), bytes);
        const pack =
          kind === "zip" ? ["zip", "-q", "-r", at("p.zip"), "."] : ["tar", "-cf", at("p.tar"), "."];
        try {
          execFileSync(pack[0]!, pack.slice(1), { cwd: at("in") });
        } catch {
          this.skip();
        }
        run("mv", `p.${kind}`, "packed");
        const image = await ensure({ member: kind === "zip" ? name : `./${name}` });
        assert.ok(readFileSync(image.path).equals(content));
      });
    }
  }

  it("writes nothing outside of its folder", async () => {
    mkdirSync(at("deep", "deeper"), { recursive: true });
    writeFileSync(at("escaped"), content);
    execFileSync("tar", ["-P", "-cf", at("packed"), "../../escaped"], { cwd: at("deep", "deeper") });
    run("rm", "escaped");
    const image = await ensure();
    assert.ok(readFileSync(image.path).equals(content));
    assert.equal(existsSync(at("escaped")), false);
    assert.equal(existsSync(join(here.cache, "escaped")), false);
  });

  it("is refused when its file is a link to a file of the host", async () => {
    symlinkSync("/etc/passwd", at("disk.img"));
    run("tar", "-cf", "packed", "disk.img");
    await isRefused(ensure(), /this is no disk image\n +found: +an empty file/);
  });

  it("is stopped when it has more than it says", async () => {
    const bomb = gzipSync(Buffer.alloc(16 * MIB));
    bomb.writeUInt32LE(MIB, bomb.length - 4);
    writeFileSync(at("packed"), bomb);
    await isRefused(ensure({}, 2), /unpacks to more than[^]*larger imageSizeLimit/);
  });

  it("is not begun when it says that it has more than is taken", async () => {
    writeFileSync(at("packed"), gzipSync(Buffer.alloc(16 * MIB)));
    await isRefused(ensure({}, 2), /larger than hypervisor "here" takes[^]*found: +16 MiB[^]*imageSizeLimit/);
  });

  it("is stopped when an archive inside has more than is taken", async () => {
    writeFileSync(at("disk.img"), Buffer.alloc(16 * MIB));
    run("tar", "-cJf", "packed", "disk.img");
    await isRefused(ensure({}, 4), /larger than hypervisor "here" takes|unpacks to more than/);
  });

  const named: readonly [string, () => Buffer, RegExp][] = [
    [
      "7z",
      () => Buffer.from("7z\xbc\xaf\x27\x1c", "latin1"),
      /7z or RAR[^]*pack it as gz, bz2, xz, zst, zip or tar/,
    ],
    ["a disk image", () => content, /not compressed in a known way \(gz, [^]*leave the step decompress out/],
    ["nothing", () => Buffer.alloc(0), /not compressed in a known way/],
  ];
  for (const [name, bytes, reason] of named) {
    it(`is refused with what is possible: ${name}`, async () => {
      writeFileSync(at("packed"), bytes());
      await isRefused(ensure(), reason);
    });
  }
});
