import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { UserError } from "../../../definitions/user-error";
import { ensureImage } from "../../../hypervisor/images/ensure-image";
import { imageHost, type ImageHost } from "./image-host";

const BYTES = 1024 ** 2;

describe("an image from a volume of a pool", function () {
  this.timeout(60_000);
  let here: ImageHost;
  beforeEach(() => {
    here = imageHost();
    writeFileSync(at("base"), Buffer.alloc(BYTES, 7));
  });
  afterEach(() => here.remove());

  const at = (name: string) => join(here.folder, name);
  const over = (name: string, base: string, format: string) =>
    execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", "-F", format, "-b", base, at(name)]);
  /** The pool has the files whose names are given. */
  const ensure = (volume: string, volumes: readonly string[]) => {
    const answer = (stdout: string | undefined) =>
      Promise.resolve({ exitCode: stdout === undefined ? 1 : 0, stdout: stdout ?? "", stderr: "" });
    const host = {
      ...here.host,
      tryVirsh: ([command = "", ...args]: readonly string[]) =>
        command === "vol-path"
          ? answer(`${at(volume)}\n`)
          : answer(volumes.includes(basename(args.at(-1) ?? "")) ? "images\n" : undefined),
    };
    const source = { kind: "pool" as const, pool: "images", volume };
    return ensureImage(host, { name: "disk", source, format: "raw", steps: [] }, here.observer);
  };
  const isRefused = (attempt: Promise<unknown>, reason: RegExp) =>
    assert.rejects(attempt, (error) => {
      assert.ok(error instanceof UserError, String(error));
      assert.match(error.message, reason);
      return true;
    });

  it("stands alone, though the volume lies over others of its pool", async () => {
    over("middle", at("base"), "raw");
    over("top", "middle", "qcow2");
    const image = await ensure("top", ["base", "middle", "top"]);
    execFileSync("cmp", [image.path, at("base")]);
  });

  it("is refused when the volume lies over a file that is in no pool", async () => {
    over("top", at("base"), "raw");
    await isRefused(ensure("top", ["top"]), /backing file .*base"\n.*volumes of pool "images"/);
  });

  it("is refused when one of the volumes lies over something else", async () => {
    over("middle", at("base"), "raw");
    over("top", "middle", "qcow2");
    await isRefused(ensure("top", ["middle", "top"]), /backing file .*base"/);
  });

  it("is the bytes that a guest wrote, whatever format they look like", async () => {
    over("bait", "/etc/passwd", "raw");
    over("top", "bait", "raw");
    const image = await ensure("top", ["bait", "top"]);
    execFileSync("cmp", ["-n", "65536", image.path, at("bait")]);
  });
});
