import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ImageDefinition } from "../../../definitions/images";
import { ensureImage } from "../../../hypervisor/images/ensure-image";
import { lookUpImage } from "../../../hypervisor/images/look-up";
import { lookAtVendor } from "../../../hypervisor/images/newer";
import { handler as cachedImage } from "../../../providers/handlers/cached-image";
import { handler as newestImage } from "../../../providers/handlers/newest-image";
import { type ImageHost, imageHost } from "./image-host";
import { ImageServer, whole } from "./image-server";

const sha256 = (content: Buffer) => createHash("sha256").update(content).digest("hex");

describe("an image whose vendor moves on", function () {
  this.timeout(60_000);
  const first = randomBytes(2 * 1024 ** 2);
  const second = randomBytes(2 * 1024 ** 2);
  let here: ImageHost;
  let server: ImageServer;
  let content: Buffer;
  let listed: string | null;
  let closed: boolean;

  beforeEach(async () => {
    here = imageHost();
    content = first;
    listed = null;
    closed = false;
    server = new ImageServer({
      "/latest.img": (request, reply) => whole(content)(request, reply),
      "/SUMS": (request, reply) => {
        const list = Buffer.from(`${listed ?? sha256(content)}  latest.img\n`);
        if (closed) reply.writeHead(503).end();
        else whole(list)(request, reply);
      },
    });
    await server.start();
  });
  afterEach(async () => {
    await server.stop();
    here.remove();
  });

  const definition = (over: Partial<ImageDefinition> = {}): ImageDefinition => ({
    name: "disk/amd64",
    source: {
      kind: "url",
      url: server.url("/latest.img"),
      checksum: { kind: "manifest", url: server.url("/SUMS"), algorithm: "sha256", file: "latest.img" },
    },
    format: "raw",
    steps: [],
    ...over,
  });
  const ensure = (wanted = definition(), newest = false) =>
    ensureImage(here.host, wanted, here.observer, { newest, folder: here.folder });
  const inCache = () =>
    readdirSync(here.cache)
      .filter((name) => name.endsWith(".raw"))
      .map((name) => name.slice(0, -4))
      .sort();
  const spec = () => ({
    name: "here",
    uri: "test:///default",
    connection: { type: "local" },
    diskPoolPath: join(here.folder, "guests"),
    imageCachePath: here.cache,
  });
  const inputs = (over: Readonly<Record<string, unknown>> = {}) => ({
    hypervisor: spec(),
    definition: definition(),
    selfUrn: "urn:image",
    ...over,
  });
  const digestOf = (props: unknown) => (props as { facts: { digest: string } }).facts.digest;

  it("is the vendor's until the vendor's list says otherwise", async () => {
    await ensure();
    assert.deepEqual(await lookAtVendor(here.host, definition()), { state: "same" });
    content = second;
    assert.deepEqual(await lookAtVendor(here.host, definition()), { state: "newer" });
  });

  it("is told by what the list said when the image is not the vendor's file itself", async () => {
    const grown = definition({ steps: [{ kind: "run", text: 'echo >> "$1"', timeout: 10 }] });
    const image = await ensure(grown);
    assert.notEqual(image.digest, sha256(first));
    assert.deepEqual(await lookAtVendor(here.host, grown), { state: "same" });
    content = second;
    assert.deepEqual(await lookAtVendor(here.host, grown), { state: "newer" });
  });

  it("is fetched only when the newest is wanted, beside the older one", async () => {
    await ensure();
    content = second;
    assert.equal((await ensure()).digest, sha256(first));
    assert.equal((await ensure(definition(), true)).digest, sha256(second));
    assert.deepEqual(inCache(), [sha256(first), sha256(second)].sort());
    assert.equal((await lookUpImage(here.host, definition()))?.digest, sha256(second));
  });

  it("is not fetched again when it is the newest, and once by two controllers", async () => {
    await ensure(definition(), true);
    await ensure(definition(), true);
    assert.equal(server.counts.get("/latest.img"), 1);
    content = second;
    const both = await Promise.all([ensure(definition(), true), ensure(definition(), true)]);
    assert.deepEqual(
      both.map(({ digest }) => digest),
      [sha256(second), sha256(second)],
    );
    assert.equal(server.counts.get("/latest.img"), 2);
  });

  it("stays, with a warning, while the vendor does not answer", async () => {
    const wanted = definition();
    await ensure(wanted);
    await server.stop();
    assert.equal((await ensure(wanted, true)).digest, sha256(first));
    assert.match(here.warnings.join(), /is there a newer one\?.*SUMS/);
    await server.start();
  });

  it("stays when the newer one has wrong bytes, which is an error", async () => {
    await ensure();
    content = second;
    listed = "0".repeat(64);
    await assert.rejects(ensure(definition(), true), /not the expected one/);
    assert.equal((await lookUpImage(here.host, definition()))?.digest, sha256(first));
    assert.deepEqual(inCache(), [sha256(first)]);
  });

  it("takes the place of what stood in for it once the vendor answers", async () => {
    writeFileSync(join(here.folder, "stand-in.img"), "stand-in\0".repeat(1000));
    const fallback = {
      ...{ name: "stand-in", format: "raw" as const, steps: [] },
      source: { kind: "file" as const, path: "stand-in.img" },
    };
    const wanted = definition({ fallback });
    closed = true;
    assert.match((await ensure(wanted)).standIn ?? "", /cannot be reached/);
    closed = false;
    assert.equal((await ensure(wanted, true)).digest, sha256(first));
    assert.equal((await lookUpImage(here.host, wanted))?.standIn, undefined);
  });

  describe("as a resource", () => {
    const made = async () => (await cachedImage.create(inputs())).outs as Record<string, unknown>;
    const watcher = (fetch: boolean) => inputs({ kept: sha256(first), fetch });

    it("keeps the image that guests stand on, whatever else changes", async () => {
      const olds = await made();
      content = second;
      await ensure(definition(), true);
      const labelled = inputs({ hypervisor: { ...spec(), repairAccess: true } });
      assert.deepEqual((await cachedImage.diff("id", olds, labelled)).changes, true);
      assert.equal(digestOf((await cachedImage.update("id", olds, labelled)).outs), sha256(first));
      assert.equal(digestOf((await cachedImage.read("id", olds)).props), sha256(first));
    });

    it("takes the newest one when it is adopted", async () => {
      const olds = await made();
      const adopting = inputs({ adopt: true });
      assert.equal((await cachedImage.diff("id", olds, adopting)).changes, false);
      content = second;
      assert.equal((await cachedImage.diff("id", olds, adopting)).changes, false, "nobody asked the vendor");
      const both = inputs({ adopt: true, update: true });
      assert.equal((await cachedImage.diff("id", olds, both)).changes, true);
      await ensure(definition(), true);
      assert.equal((await cachedImage.diff("id", olds, inputs())).changes, false);
      assert.equal((await cachedImage.diff("id", olds, adopting)).changes, true);
      assert.equal(digestOf((await cachedImage.update("id", olds, adopting)).outs), sha256(second));
    });

    it("another definition is another image at once", async () => {
      const olds = await made();
      const other = inputs({
        definition: definition({ steps: [{ kind: "run", text: "true", timeout: 9 }] }),
      });
      content = second;
      assert.equal(digestOf((await cachedImage.update("id", olds, other)).outs), sha256(second));
    });

    it("the watcher fetches what is newer, and only when it is told to", async () => {
      await made();
      assert.equal((await newestImage.diff("id", {}, watcher(true))).changes, false);
      content = second;
      assert.equal((await newestImage.diff("id", {}, watcher(false))).changes, false);
      assert.equal((await newestImage.diff("id", {}, watcher(true))).changes, true);
      assert.deepEqual(inCache(), [sha256(first)], "looking fetches nothing");
      await newestImage.update("id", {}, watcher(true));
      assert.deepEqual(inCache(), [sha256(first), sha256(second)].sort());
      assert.equal((await newestImage.diff("id", {}, watcher(true))).changes, false);
    });
  });
});
