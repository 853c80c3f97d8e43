import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ImageChecksum, ImageDefinition } from "../../../definitions/images";
import { UserError } from "../../../definitions/user-error";
import { ensureImage } from "../../../hypervisor/images/ensure-image";
import { listImages, lookUpImage } from "../../../hypervisor/images/look-up";
import { verifyBase } from "../../../hypervisor/images/verify";
import { imageHost, type ImageHost } from "./image-host";
import { type Answer, cut, ImageServer, whole, withoutRanges } from "./image-server";

const hex = (algorithm: string, content: Buffer) => createHash(algorithm).update(content).digest("hex");

describe("downloading an image", function () {
  this.timeout(60_000);
  const content = randomBytes(3 * 1024 ** 2);
  const digest = hex("sha256", content);
  const list = `${hex("sha512", content)}  disk.img\n`;
  const page = Buffer.from("<!DOCTYPE html><html><body>please log in</body></html>");
  let here: ImageHost;
  let server: ImageServer;

  beforeEach(async () => {
    here = imageHost();
    const answers: Record<string, Answer> = {
      "/disk.img": whole(content),
      "/cut.img": cut(content, 2),
      "/always-cut.img": cut(content, 100),
      "/no-ranges.img": withoutRanges(content),
      "/huge.img": whole(content),
      "/page.img": whole(page),
      "/SHA512SUMS": whole(Buffer.from(list)),
      "/busy.img": (_request, reply) => reply.writeHead(503).end(),
      "/flaky.img": (request, reply) =>
        request.count < 3 ? reply.writeHead(500).end() : whole(content)(request, reply),
    };
    server = new ImageServer(answers, { "/disk.img": 1000, "/huge.img": 2 ** 50 });
    await server.start();
  });
  afterEach(async () => {
    await server.stop();
    here.remove();
  });

  const definition = (path: string, checksum: ImageChecksum): ImageDefinition => ({
    name: "disk",
    source: { kind: "url", url: server.url(path), checksum },
    format: "raw",
    steps: [],
  });
  const literal = (value = digest, algorithm: "sha256" | "sha512" = "sha256"): ImageChecksum => ({
    kind: "literal",
    algorithm,
    value,
  });
  const manifest = (file = "disk.img"): ImageChecksum => ({
    kind: "manifest",
    url: server.url("/SHA512SUMS"),
    algorithm: "sha512",
    file,
  });
  const ensure = (wanted: ImageDefinition) => ensureImage(here.host, wanted, here.observer);
  const images = () => readdirSync(here.cache).filter((name) => /^[0-9a-f]{64}/.test(name));
  const nothingLeft = () => {
    assert.deepEqual(images(), []);
    assert.deepEqual(readdirSync(join(here.cache, "work")), []);
  };

  it("is not begun where there is no room for it, and the sizes are said", async () => {
    await assert.rejects(ensure(definition("/huge.img", literal())), (error) => {
      assert.ok(error instanceof UserError, String(error));
      assert.match(error.message, /cache: hypervisor "here" has no room to make base image "disk"\n/);
      assert.match(error.message, /found: .* free\n +allowed: at least 2048 TiB\n/);
      return true;
    });
    assert.equal(server.counts.get("/huge.img"), undefined);
    nothingLeft();
  });

  it("puts it under its digest, read-only, with a record", async () => {
    const image = await ensure(definition("/disk.img", literal()));
    assert.equal(image.digest, digest);
    assert.equal(image.path, join(here.cache, `${digest}.raw`));
    assert.deepEqual(readFileSync(image.path), content);
    assert.equal(statSync(image.path).mode & 0o777, 0o444);
    assert.equal(image.virtualSize, content.length);
    assert.deepEqual(readdirSync(join(here.cache, "work")), []);
    assert.deepEqual(await lookUpImage(here.host, definition("/disk.img", literal())), image);
    assert.deepEqual(await listImages(here.host), [image]);
  });

  it("asks no server again for what is there", async () => {
    const wanted = definition("/disk.img", literal());
    await ensure(wanted);
    await server.stop();
    assert.equal((await ensure(wanted)).digest, digest);
    await server.start();
  });

  it("neither downloads nor hashes again what is there, for any number of guests", async () => {
    const wanted = definition("/disk.img", literal());
    await ensure(wanted);
    const { PATH } = process.env;
    const shims = join(here.folder, "shims");
    mkdirSync(shims);
    for (const name of ["curl", "sha256sum", "sha512sum"]) {
      writeFileSync(join(shims, name), `#!/bin/sh\necho ${name} >> ${shims}/called\nexit 1\n`, {
        mode: 0o755,
      });
    }
    process.env["PATH"] = `${shims}:${PATH ?? ""}`;
    try {
      const images = await Promise.all(Array.from({ length: 20 }, () => ensure(wanted)));
      for (const image of images) await verifyBase(here.host, image);
    } finally {
      process.env["PATH"] = PATH;
    }
    assert.equal(existsSync(join(shims, "called")), false);
  });

  it("changes nothing when it only looks", async () => {
    assert.equal(await lookUpImage(here.host, definition("/disk.img", literal())), null);
    assert.equal(existsSync(here.cache), false);
  });

  for (const path of ["/cut.img", "/no-ranges.img", "/flaky.img"]) {
    it(`survives ${path.slice(1, -4)} connections`, async () => {
      const image = await ensure(definition(path, literal()));
      assert.deepEqual(readFileSync(image.path), content);
      assert.ok(here.lines.some((line) => line.includes("trying again")));
    });
  }

  it("takes the digest from the vendor's list", async () => {
    assert.equal((await ensure(definition("/disk.img", manifest()))).digest, digest);
  });

  it("takes a sha512", async () => {
    const checksum = literal(hex("sha512", content), "sha512");
    assert.equal((await ensure(definition("/disk.img", checksum))).digest, digest);
  });

  it("warns about an image that nobody vouches for", async () => {
    await ensure(definition("/disk.img", { kind: "unverified" }));
    assert.match(here.warnings.join(), /not verified/);
  });

  const refusals: [string, () => ImageDefinition, RegExp][] = [
    [
      "other bytes",
      () => definition("/disk.img", literal("0".repeat(64))),
      new RegExp(`found: +sha256 ${digest}[^]*${"0".repeat(64)}`),
    ],
    ["a web page", () => definition("/page.img", literal()), /web page/],
    ["a web page without a checksum", () => definition("/page.img", { kind: "unverified" }), /web page/],
    ["a file that is not there", () => definition("/missing.img", literal()), /not there \(HTTP 404\)/],
    [
      "a file that is not in the list",
      () => definition("/disk.img", manifest("other.img")),
      /no sha512 of "other.img"/,
    ],
  ];
  for (const [what, wanted, message] of refusals) {
    it(`refuses ${what}, and leaves the cache as it was`, async () => {
      await assert.rejects(ensure(wanted()), (error: Error) => {
        assert.ok(error instanceof UserError, error.stack);
        assert.match(error.message, message);
        return true;
      });
      nothingLeft();
      assert.equal(await lookUpImage(here.host, wanted()), null);
    });
  }

  const unreachable: [string, () => string][] = [
    ["is busy", () => server.url("/busy.img")],
    ["always breaks off", () => server.url("/always-cut.img")],
    ["has no name", () => "http://no-such-name.invalid/disk.img"],
  ];
  const standIn = (): Omit<ImageDefinition, "fallback"> => {
    writeFileSync(join(here.folder, "stand-in.img"), "stand-in\0".repeat(1000));
    return {
      name: "stand-in",
      source: { kind: "file", path: join(here.folder, "stand-in.img") },
      format: "raw",
      steps: [],
    };
  };
  for (const [what, url] of unreachable) {
    it(`uses the stand-in when the server ${what}, and says so`, async () => {
      const wanted: ImageDefinition = {
        ...definition("/disk.img", literal()),
        source: { kind: "url", url: url(), checksum: literal() },
        fallback: standIn(),
      };
      const image = await ensure(wanted);
      assert.equal(readFileSync(image.path, "utf8"), "stand-in\0".repeat(1000));
      assert.match(image.standIn ?? "", /cannot be reached/);
      assert.match(here.warnings.join(), /stands in for it/);
      assert.equal((await lookUpImage(here.host, wanted))?.standIn, image.standIn);
      const asked = [...server.counts.values()];
      await ensureImage(here.host, { ...wanted, steps: [{ kind: "resize", sizeMiB: 1 }] }, here.observer);
      assert.deepEqual(
        [...server.counts.values()],
        asked,
        "a server that could not be reached is not asked again",
      );
    });
  }

  it("does not use the stand-in for wrong bytes", async () => {
    const wanted = { ...definition("/disk.img", literal("0".repeat(64))), fallback: standIn() };
    await assert.rejects(ensure(wanted), /not the expected one/);
    nothingLeft();
  });

  it("downloads once for two controllers at once", async () => {
    const both = await Promise.all([
      ensure(definition("/disk.img", literal())),
      ensure({ ...definition("/disk.img", literal()), name: "another name" }),
    ]);
    assert.deepEqual(
      both.map((image) => image.digest),
      [digest, digest],
    );
    assert.equal(server.counts.get("/disk.img"), 1);
  });

  it("checks a signed list with the vendor's key", async function () {
    const home = join(here.folder, "gpg");
    const gpg = (...args: string[]) =>
      execFileSync(
        "gpg",
        ["--homedir", home, "--batch", "--quiet", "--passphrase", "", "--pinentry-mode", "loopback", ...args],
        { stdio: ["ignore", "pipe", "ignore"] },
      );
    try {
      execFileSync("mkdir", ["-m", "700", home]);
      gpg("--quick-gen-key", "vendor", "ed25519", "sign");
    } catch {
      this.skip();
    }
    writeFileSync(join(here.folder, "SUMS"), list);
    gpg("--output", join(here.folder, "SUMS.asc"), "--clear-sign", join(here.folder, "SUMS"));
    writeFileSync(join(here.folder, "vendor.asc"), gpg("--armor", "--export", "vendor"));
    const signed = readFileSync(join(here.folder, "SUMS.asc"), "utf8");
    const lists = new ImageServer({
      "/good": whole(Buffer.from(signed)),
      "/forged": whole(Buffer.from(signed.replace("disk.img", "d1sk.img"))),
    });
    await lists.start();
    const checksum = (path: string): ImageChecksum => ({
      ...(manifest() as Extract<ImageChecksum, { kind: "manifest" }>),
      url: lists.url(path),
      signature: true,
      key: "vendor.asc",
    });
    const options = { folder: here.folder };
    const good = await ensureImage(
      here.host,
      definition("/disk.img", checksum("/good")),
      here.observer,
      options,
    );
    assert.equal(good.digest, digest);
    await assert.rejects(
      ensureImage(here.host, definition("/disk.img", checksum("/forged")), here.observer, options),
      /signature of the list of checksums is wrong/,
    );
    await lists.stop();
  });
});
