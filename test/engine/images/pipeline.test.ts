import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ImageDefinition, ImageStep } from "../../../definitions/images";
import { ensureImage, type EnsureOptions } from "../../../hypervisor/images/ensure-image";
import { ensureStep } from "../../../hypervisor/images/ensure-step";
import { forecastImage } from "../../../hypervisor/images/forecast-image";
import { stepsKey } from "../../../hypervisor/images/request-key";
import { imageHost, type ImageHost } from "./image-host";
import { ImageServer, whole } from "./image-server";

describe("the steps of an image", function () {
  this.timeout(60_000);
  let here: ImageHost;
  let server: ImageServer;
  let content: Buffer;

  beforeEach(async () => {
    here = imageHost();
    content = randomBytes(4096);
    server = new ImageServer({ "/disk.img": (request, reply) => whole(content)(request, reply) });
    await server.start();
  });
  afterEach(async () => {
    await server.stop();
    here.remove();
  });

  /** A step that adds a word to the image, and leaves word of having run. */
  const add = (word: string, then = ""): ImageStep => ({
    kind: "run",
    name: word,
    text: `echo ${word} >> '${join(here.folder, "ran")}'; printf ${word} >> "$1"; ${then}`,
    timeout: 10,
  });
  const image = (...steps: ImageStep[]): ImageDefinition => ({
    name: "disk",
    source: { kind: "url", url: server.url("/disk.img"), checksum: { kind: "unverified" } },
    format: "raw",
    steps,
  });
  const ensure = (wanted: ImageDefinition, options: EnsureOptions = {}) =>
    ensureImage(here.host, wanted, here.observer, { folder: here.folder, ...options });
  const prefix = (wanted: ImageDefinition, hasFallback = false) =>
    ensureStep(here.host, wanted, here.observer, { folder: here.folder, hasFallback });
  const ran = () => {
    const file = join(here.folder, "ran");
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  };
  const downloads = () => server.counts.get("/disk.img") ?? 0;
  const added = (file: string) => readFileSync(file).subarray(4096).toString();
  const kept = (...steps: ImageStep[]) => join(here.cache, "steps", stepsKey(image(...steps)));

  it("run once each; another last step needs only itself", async () => {
    await ensure(image(add("a"), add("b"), add("c")));
    const other = await ensure(image(add("a"), add("b"), add("d")));
    assert.equal(added(other.path), "abd");
    assert.deepEqual(ran(), ["a", "b", "c", "d"]);
    assert.equal(downloads(), 1);
  });

  it("go on after the last one when one is added, and begin again where one has changed", async () => {
    await ensure(image(add("a")));
    await ensure(image(add("a"), add("b")));
    assert.deepEqual(ran(), ["a", "b"]);
    assert.equal(added((await ensure(image(add("c"), add("b")))).path), "cb");
    assert.deepEqual(ran(), ["a", "b", "c", "b"]);
    assert.equal(downloads(), 1);
  });

  it("leave what was kept, and the finished image, as they were", async () => {
    const first = await ensure(image(add("a")));
    await ensure(image(add("a"), add("b")));
    assert.equal(added(first.path), "a");
    assert.equal(added(join(kept(), "image")), "");
    assert.equal(added(join(kept(add("a")), "image")), "a");
  });

  it("are taken up after the one that failed", async () => {
    await assert.rejects(ensure(image(add("a"), add("b", "exit 1"))), /step "b" failed/);
    const mended = await ensure(image(add("a"), add("b")));
    assert.equal(added(mended.path), "ab");
    assert.deepEqual(ran(), ["a", "b", "b"]);
    assert.equal(downloads(), 1);
    assert.deepEqual(readdirSync(join(here.cache, "work")), []);
  });

  it("go on while the source cannot be reached", async () => {
    const wanted = image(add("a"));
    await ensure(wanted);
    await server.stop();
    assert.equal(added((await ensure({ ...wanted, steps: [add("a"), add("b")] })).path), "ab");
    await server.start();
  });

  it("are made again when somebody has touched what was kept", async () => {
    await ensure(image(add("a"), add("b")));
    const file = join(kept(add("a")), "image");
    rmSync(file);
    writeFileSync(file, "something else");
    assert.equal(added((await ensure(image(add("a"), add("c")))).path), "ac");
    assert.deepEqual(ran(), ["a", "b", "a", "c"]);
  });

  it("are all made again when asked", async () => {
    await ensure(image(add("a")));
    await ensure(image(add("a")), { refresh: true });
    assert.deepEqual(ran(), ["a", "a"]);
    assert.equal(downloads(), 2);
  });

  it("are told by a preview: what is there, and what is left to do", async () => {
    await ensure(image(add("a")));
    const forecast = await forecastImage(here.host, image(add("a"), add("b")));
    assert.match(
      forecast ?? "",
      /source and 1 of 2 steps are there from an earlier run; b \(run a script\)$/,
    );
    assert.match((await forecastImage(here.host, image(add("b")))) ?? "", /its source is there.*; b \(/);
  });

  describe("one by one", () => {
    it("each do only their own part, and the image does the rest", async () => {
      const wanted = image(add("a"), add("b"));
      await prefix(image());
      assert.deepEqual([downloads(), ran()], [1, []]);
      await prefix(image(add("a")));
      assert.deepEqual([downloads(), ran()], [1, ["a"]]);
      await prefix(wanted);
      assert.equal(added((await ensure(wanted)).path), "ab");
      assert.deepEqual([downloads(), ran()], [1, ["a", "b"]]);
    });

    it("do nothing for an image that is there, whose results are gone", async () => {
      const wanted = image(add("a"), add("b"));
      await ensure(wanted);
      rmSync(join(here.cache, "steps"), { recursive: true });
      for (const steps of [[], [add("a")], wanted.steps]) {
        assert.match(await prefix(image(...steps)), /^nothing to do: image [0-9a-f]{12} is in the cache$/);
      }
      assert.match(await prefix(image(add("c"))), /its result is in the cache/);
      assert.deepEqual(ran(), ["a", "b", "c"]);
    });

    it("fetch a source once for two images that begin alike", async () => {
      await Promise.all([prefix(image()), prefix(image())]);
      await Promise.all([prefix(image(add("a"))), prefix(image(add("b")))]);
      assert.deepEqual([downloads(), ran().sort()], [1, ["a", "b"]]);
    });

    it("leave it to the stand-in when the source cannot be reached", async () => {
      const wanted = image();
      await server.stop();
      assert.match(await prefix(wanted, true), /cannot be reached.*another image stands in/);
      assert.equal(downloads(), 0);
      await server.start();
    });
  });

  describe("of a vendor that moves on", () => {
    const sums = () => ({
      kind: "manifest" as const,
      url: server.url("/SUMS"),
      algorithm: "sha256" as const,
      file: "disk.img",
    });
    const vendors = (...steps: ImageStep[]): ImageDefinition => ({
      ...image(...steps),
      source: { kind: "url", url: server.url("/disk.img"), checksum: sums() },
    });

    beforeEach(async () => {
      await server.stop();
      server = new ImageServer({
        "/disk.img": (request, reply) => whole(content)(request, reply),
        "/SUMS": (request, reply) =>
          whole(Buffer.from(`${createHash("sha256").update(content).digest("hex")}  disk.img\n`))(
            request,
            reply,
          ),
      });
      await server.start();
    });

    it("begin with the file that was fetched, until the newest is wanted", async () => {
      await ensure(vendors(add("a")));
      const before = content;
      content = randomBytes(4096);
      const changed = await ensure(vendors(add("b")));
      assert.deepEqual(readFileSync(changed.path).subarray(0, 4096), before);
      const newest = await ensure(vendors(add("b")), { newest: true });
      assert.deepEqual(readFileSync(newest.path).subarray(0, 4096), content);
      assert.equal(downloads(), 2);
      const next = await ensure(vendors(add("c")));
      assert.deepEqual(readFileSync(next.path).subarray(0, 4096), content);
      assert.equal(downloads(), 2);
    });
  });
});
