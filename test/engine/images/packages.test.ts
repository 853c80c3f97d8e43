import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { ImageDefinition } from "../../../definitions/images";
import { UserError } from "../../../definitions/user-error";
import { ensureImage } from "../../../hypervisor/images/ensure-image";
import { forecastImage } from "../../../hypervisor/images/forecast-image";
import { imageHost, type ImageHost } from "./image-host";

const OWN = process.arch === "arm64" ? "arm64" : "amd64";
const registered = (arch: string) => existsSync(`/proc/sys/fs/binfmt_misc/qemu-${arch}`);

describe("an image of Debian's packages", () => {
  const { PATH } = process.env;
  let here: ImageHost;
  beforeEach(() => {
    here = imageHost();
  });
  afterEach(() => {
    process.env.PATH = PATH;
    here.remove();
  });

  const definition = (recipe: "tiny" | "debian", arch: string): ImageDefinition => ({
    name: `of ${arch}`,
    source: { kind: "packages", recipe, arch, packages: [] },
    format: "qcow2",
    steps: [],
  });
  const forecast = (recipe: "tiny" | "debian", arch: string) =>
    forecastImage(here.host, definition(recipe, arch));

  it("is said beforehand to be installed by a host of its architecture", async () => {
    assert.equal(
      await forecast("debian", OWN),
      `base image "of ${OWN}" is not in the cache: install packages; write the disk`,
    );
  });

  it("is said beforehand to need an emulated machine, where the host does not run its programs", async () => {
    assert.match(
      (await forecast("debian", "hppa")) ?? "",
      /^base image "of hppa" is not in the cache: unpack packages; run their scripts in an emulated machine of hppa, .*; write the disk$/,
    );
  });

  it("is said where no scripts are run, and nothing is made for the saying", async () => {
    assert.match(
      (await forecast("tiny", "s390x")) ?? "",
      /is not in the cache: unpack packages; write the disk$/,
    );
    assert.ok(!existsSync(here.cache));
  });

  it("is refused before anything is fetched where the emulator is missing, and nothing is left", async function () {
    if (process.getuid?.() !== 0 || OWN !== "amd64" || registered("aarch64")) this.skip();
    const programs = join(here.folder, "bin");
    mkdirSync(programs);
    for (const folder of ["/usr/sbin", "/usr/bin"]) {
      for (const name of readdirSync(folder)) {
        const link = join(programs, name);
        if (name !== "qemu-system-aarch64" && !existsSync(link)) symlinkSync(join(folder, name), link);
      }
    }
    process.env.PATH = programs;
    await assert.rejects(ensureImage(here.host, definition("debian", "arm64"), here.observer), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(
        error.message,
        /this host has no qemu-system-aarch64, which .*apt-get install qemu-system-arm/s,
      );
      return true;
    });
    assert.deepEqual(here.lines, []);
    assert.deepEqual(readdirSync(join(here.cache, "work")), []);
  });
});
