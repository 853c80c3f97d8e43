import assert from "node:assert/strict";
import { chmod, mkdtemp, open, readdir, rm, stat, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { UserError } from "../../../definitions/user-error";
import { createDomain } from "../../../hypervisor/domain/lifecycle";
import type { DomainSpec } from "../../../hypervisor/domain/spec";
import { ensureImage } from "../../../hypervisor/images/ensure-image";
import type { BaseImageRecord } from "../../../hypervisor/images/record";
import { HaltingGuests } from "../../support/halting-guests";

describe("a base image that is no longer what was put into the cache, on a real libvirt", function () {
  this.timeout(60_000);
  let guests: HaltingGuests;
  let folder: string;
  let image: BaseImageRecord;
  before(async () => (guests = await HaltingGuests.open()));
  after(() => guests.close());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "guest-farm-base-"));
    const file = await open(join(folder, "disk.img"), "w");
    await file.write(randomBytes(2 ** 20));
    await file.close();
    image = await ensureImage(
      guests.host,
      { name: "disk", source: { kind: "file", path: "disk.img" }, format: "raw", steps: [] },
      { progress: () => undefined, warning: () => undefined },
      { folder },
    );
  });
  afterEach(async () => {
    await guests.clear();
    await rm(folder, { recursive: true });
  });

  const spec = (changes: Partial<DomainSpec> = {}) =>
    guests.spec({
      baseImage: { path: image.path, digest: image.digest, format: image.format },
      ...changes,
    });
  const fully = (): Pick<DomainSpec, "hypervisor"> => ({
    hypervisor: { ...guests.host.spec, checkImages: "full" },
  });

  /** One byte in the middle; the size stays. */
  const alter = async ({ hide }: { hide: boolean }) => {
    const { atime, mtime } = await stat(image.path);
    await chmod(image.path, 0o644);
    const file = await open(image.path, "r+");
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, 1000);
    await file.write(Buffer.from([buffer.readUInt8() ^ 1]), 0, 1, 1000);
    await file.close();
    await chmod(image.path, 0o444);
    await (hide ? utimes(image.path, atime, mtime) : utimes(image.path, 1, 1));
  };

  const isRefused = async (wanted: DomainSpec, found: RegExp) => {
    const host = { ...guests.host, spec: wanted.hypervisor };
    await assert.rejects(createDomain(host, wanted), (error) => {
      assert.ok(error instanceof UserError, String(error));
      assert.match(
        error.message,
        /base image "disk" on hypervisor "test" is not what was put into the cache/,
      );
      assert.ok(error.message.includes(image.path));
      assert.match(error.message, found);
      return true;
    });
    assert.ok(!(await guests.isDefined(wanted)));
    assert.deepEqual(await readdir(guests.host.spec.diskPoolPath), []);
  };

  it("gets a guest while it is as it was, kept or read", async () => {
    await createDomain(guests.host, spec());
    const wanted = spec(fully());
    await createDomain({ ...guests.host, spec: wanted.hypervisor }, wanted);
    assert.ok(await guests.isDefined(wanted));
  });

  it("gets no guest after one byte was changed, and nothing is made", async () => {
    await alter({ hide: false });
    await isRefused(spec(), /date 1, mode 444/);
  });

  it("gets no guest where all is read, though size, date and mode are the same", async () => {
    await alter({ hide: true });
    await isRefused(spec(fully()), /found: +sha256 [0-9a-f]{64}/);
  });

  it("gets no guest when it is gone, or its description is", async () => {
    await rm(image.path);
    await isRefused(spec(), /found: +nothing/);
    await rm(join(guests.host.spec.imageCachePath, `${image.digest}.json`));
    await assert.rejects(createDomain(guests.host, spec()), /no description of base image/);
  });
});
