import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { ensureImage } from "../../../hypervisor/images/ensure-image";
import { readCache } from "../../../hypervisor/images/cache-contents";
import { lookUpImage } from "../../../hypervisor/images/look-up";
import { pruneImages } from "../../../hypervisor/images/prune";
import type { BaseImageRecord } from "../../../hypervisor/images/record";
import { usersOf } from "../../../hypervisor/images/references";
import { imageHost, type ImageHost } from "./image-host";

describe("images that nothing uses", function () {
  this.timeout(60_000);
  let here: ImageHost;
  beforeEach(() => {
    here = imageHost();
  });
  afterEach(() => here.remove());

  const definition = (name: string) => ({
    name,
    source: { kind: "file" as const, path: `${name}.img` },
    format: "raw" as const,
    steps: [],
  });
  /** Makes an image, or a newer version of it. */
  const make = async (name: string): Promise<BaseImageRecord> => {
    writeFileSync(join(here.folder, `${name}.img`), randomBytes(64 * 1024));
    return ensureImage(here.host, definition(name), here.observer, { folder: here.folder, refresh: true });
  };
  const overlay = (base: BaseImageRecord, ...path: string[]) => {
    const file = join(here.folder, ...path);
    mkdirSync(dirname(file), { recursive: true });
    execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", "-F", base.format, "-b", base.path, file]);
    return file;
  };
  const prune = async (options: { act?: boolean; all?: boolean; olderThanHours?: number } = {}) => {
    const { images } = await pruneImages(here.host, {
      act: false,
      all: false,
      olderThanHours: 0,
      now: Date.now(),
      ...options,
    });
    return images.filter(({ remove }) => remove).map(({ image }) => image.record.digest);
  };
  const users = async (image: BaseImageRecord) => {
    const { images } = await readCache(here.host);
    const found = images.find(({ record }) => record.digest === image.digest);
    return usersOf(found?.references ?? [], here.host.spec.diskPoolPath);
  };

  it("stay in a dry run, and go when asked to", async () => {
    const old = await make("a");
    const newest = await make("a");
    assert.deepEqual(await prune(), [old.digest]);
    assert.ok(existsSync(old.path));
    assert.deepEqual(await prune({ act: true }), [old.digest]);
    assert.deepEqual(
      readdirSync(here.cache).filter((name) => name.startsWith(old.digest)),
      [],
    );
    assert.equal((await lookUpImage(here.host, definition("a")))?.digest, newest.digest);
    assert.deepEqual(await prune({ act: true }), []);
  });

  it("are those of definitions as well with --all; such a definition is made again", async () => {
    const image = await make("a");
    assert.deepEqual(await prune({ act: true, all: true }), [image.digest]);
    assert.equal(await lookUpImage(here.host, definition("a")), null);
    const again = await ensureImage(here.host, definition("a"), here.observer, { folder: here.folder });
    assert.equal(again.digest, image.digest);
  });

  it("are left alone while they are young", async () => {
    await make("a");
    await make("a");
    assert.deepEqual(await prune({ act: true, all: true, olderThanHours: 1 }), []);
  });

  it("are not those under a guest's overlay, in any layer, or in its records", async () => {
    const image = await make("a");
    const frozen = overlay(image, "guests", "some-guest", "layers", "1", "vda.qcow2");
    assert.deepEqual(await users(image), ["guest some-guest"]);
    assert.deepEqual(await prune({ act: true, all: true }), []);
    renameSync(frozen, join(here.folder, "elsewhere.qcow2"));
    const record = { id: "1", parent: null, pristine: true, base: [{ device: "vda", digest: image.digest }] };
    writeFileSync(join(dirname(frozen), "layer.json"), JSON.stringify(record));
    assert.deepEqual(await prune({ act: true, all: true }), []);
    assert.ok(existsSync(image.path));
  });

  it("are not those under an overlay that somebody laid into the cache itself", async () => {
    const image = await make("a");
    const file = overlay(image, "cache", "by-hand.qcow2");
    assert.deepEqual(await users(image), [file]);
    assert.deepEqual(await prune({ act: true, all: true }), []);
  });

  it("are not those that a program holds open", async () => {
    const image = await make("a");
    const open = openSync(image.path, "r");
    try {
      assert.deepEqual(await users(image), [`process ${process.pid}`]);
      assert.deepEqual(await prune({ act: true, all: true }), []);
    } finally {
      closeSync(open);
    }
    assert.deepEqual(await prune({ act: true, all: true }), [image.digest]);
  });

  it("are none while libvirt does not answer", async () => {
    await make("a");
    await make("a");
    const host = { ...here.host, spec: { ...here.host.spec, uri: "qemu+unix:///system?socket=/nowhere" } };
    const options = { all: true, olderThanHours: 0, now: Date.now() };
    await assert.rejects(
      pruneImages(host, { ...options, act: true }),
      /libvirt does not list its domains[\s\S]*prune again/,
    );
    const { images } = await pruneImages(host, { ...options, act: false });
    assert.deepEqual(
      images.map(({ remove, reason }) => [remove, reason]),
      Array(2).fill([false, "not everything could be looked at"]),
    );
  });

  describe("what their steps have left", () => {
    const stepped = (word: string) => ({
      ...definition("a"),
      steps: [{ kind: "run" as const, text: `printf ${word} >> "$1"`, timeout: 10 }],
    });
    const results = async (options: { act?: boolean; all?: boolean; olderThanHours?: number } = {}) => {
      const asked = { act: false, all: false, olderThanHours: 0, now: Date.now() + 1000, ...options };
      const verdicts = await pruneImages(here.host, asked);
      return verdicts.results.map(({ result, remove }) => [result.step, remove]);
    };
    const folders = () => readdirSync(join(here.cache, "steps")).length;

    beforeEach(async () => {
      writeFileSync(join(here.folder, "a.img"), randomBytes(64 * 1024));
      await ensureImage(here.host, stepped("x"), here.observer, { folder: here.folder });
    });

    it("stays while it leads to what a definition gives now, unless all is to go", async () => {
      assert.deepEqual((await results({ act: true })).sort(), [
        ["run a script", false],
        ["upload a.img", false],
      ]);
      assert.equal(folders(), 2);
      await results({ act: true, all: true, olderThanHours: 1 });
      assert.equal(folders(), 2, "it was used just now");
      await results({ act: true, all: true });
      assert.equal(folders(), 0);
    });

    it("goes when its image is gone", async () => {
      const image = await ensureImage(here.host, stepped("y"), here.observer, { folder: here.folder });
      await rmIndexOf(image);
      await results({ act: true });
      assert.equal(folders(), 2, "the other image still begins with the same source");
    });

    /** As if its definition gave another image now. */
    const rmIndexOf = async ({ digest }: BaseImageRecord) => {
      const { images } = await readCache(here.host);
      const keys = images.find(({ record }) => record.digest === digest)?.answers ?? [];
      for (const key of keys) rmSync(join(here.cache, "index", `${key}.json`));
    };

    it("takes only the room that no finished image shares", async () => {
      const { results: listed } = await readCache(here.host);
      const sizes = Object.fromEntries(listed.map(({ step, size }) => [step, size > 50_000]));
      assert.deepEqual(sizes, { "upload a.img": true, "run a script": false });
    });
  });

  it("come back when a prune was broken off", async () => {
    const old = await make("a");
    const used = await make("a");
    await make("a");
    for (const { digest } of [old, used]) {
      renameSync(join(here.cache, `${digest}.json`), join(here.cache, `${digest}.json.unused`));
    }
    overlay(used, "guests", "g", "layers", "1", "vda.qcow2");
    assert.deepEqual(await prune({ act: true }), [old.digest]);
    assert.ok(existsSync(join(here.cache, `${used.digest}.json`)));
  });
});
