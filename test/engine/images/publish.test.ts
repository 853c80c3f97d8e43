import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { publish } from "../../../hypervisor/images/publish";
import { ImageRecord } from "../../../hypervisor/images/record";
import { inWorkshop } from "../../../hypervisor/images/workshop";
import { type ImageHost, imageHost } from "./image-host";

describe("publishing one image for several stacks at once", function () {
  this.timeout(120_000);
  let there: ImageHost;
  beforeEach(() => {
    there = imageHost();
  });
  afterEach(async () => {
    await there.host.close();
    there.remove();
  });

  /** Publishes a file of this content as `name`; every one is of another time. */
  const publishAs = (name: string, content: string, minutes: number, kernel?: string) =>
    inWorkshop(
      { host: there.host, requestKey: name, observer: there.observer, folder: there.folder },
      async (workshop) => {
        const file = (suffix: string, text: string) => {
          const path = join(workshop.folder, suffix);
          writeFileSync(path, text);
          utimesSync(path, minutes * 60, minutes * 60);
          return path;
        };
        const boot =
          kernel === undefined ? {} : { boot: { kernel: file("kernel", kernel), cmdline: "quiet" } };
        const path = file("image", content.padEnd(1024 ** 2, "\0"));
        return publish(workshop, name, "raw", { path, source: name, ...boot });
      },
    );
  const records = () =>
    readdirSync(there.cache)
      .filter((name) => /^[0-9a-f]{64}\.json$/.test(name))
      .map((name) => ImageRecord.parse(JSON.parse(readFileSync(join(there.cache, name), "utf8"))));

  it("leaves a record that agrees with the file, for all of them", async () => {
    for (let round = 1; round <= 3; round += 1) {
      const told = await Promise.all(
        Array.from({ length: 6 }, (_, index) => publishAs(`stack-${index}`, `round ${round}`, index + 1)),
      );
      const [record] = records().filter(({ digest }) => digest === told[0]?.digest);
      assert.ok(record !== undefined);
      const { size, mtimeMs } = statSync(join(there.cache, `${record.digest}.raw`));
      assert.deepEqual([record.size, record.mtime], [size, mtimeMs / 1000]);
      for (const one of told) assert.deepEqual([one.size, one.mtime], [size, mtimeMs / 1000], one.name);
    }
    assert.equal(records().length, 3);
  });

  it("keeps the kernel that came with it, whoever is last", async () => {
    for (const [index, order] of [
      ["kernel", undefined],
      [undefined, "kernel"],
    ].entries()) {
      for (const kernel of order) await publishAs(kernel ?? "none", `image ${index}`, 1, kernel);
    }
    const bothAtOnce = await Promise.all(
      [undefined, "kernel", undefined].map((kernel, index) =>
        publishAs(`at-once-${index}`, "image at once", 2, kernel),
      ),
    );
    assert.equal(new Set(bothAtOnce.map(({ digest }) => digest)).size, 1);
    assert.equal(records().length, 3);
    for (const { kernel, cmdline, digest } of records()) {
      assert.equal(cmdline, "quiet");
      assert.equal(kernel?.size, statSync(join(there.cache, `${digest}.kernel`)).size);
    }
  });
});
