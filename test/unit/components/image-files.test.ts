import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileDigest } from "../../../components/image/file-digest";
import { checkImageFiles, withFiles } from "../../../components/image/own-files";
import type { ImageDefinition } from "../../../definitions/images";
import { UserError } from "../../../definitions/user-error";

describe("files of the controller that an image is made of", () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "image-files-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const image = (over: Partial<ImageDefinition> = {}): ImageDefinition => ({
    name: "disk/amd64",
    source: { kind: "file", path: at("disk.img") },
    format: "raw",
    steps: [{ kind: "run", script: at("brand.sh"), timeout: 10 }],
    ...over,
  });

  it("are part of its definition: a script as its text, an image file by its digest", () => {
    writeFileSync(at("disk.img"), "disk");
    writeFileSync(at("brand.sh"), "echo brand");
    const { source, steps, fallback } = withFiles(image({ fallback: image() }));
    assert.deepEqual(source, {
      ...image().source,
      checksum: { kind: "literal", algorithm: "sha256", value: sha256("disk") },
    });
    assert.deepEqual(steps, [{ ...image().steps[0], text: "echo brand" }]);
    assert.deepEqual(fallback, { ...image(), source, steps });
  });

  it("need not be read where the definition says what they are", () => {
    const known = image({
      source: {
        kind: "file",
        path: at("none"),
        checksum: { kind: "literal", algorithm: "sha512", value: "0".repeat(128) },
      },
      steps: [{ kind: "run", text: "true", timeout: 10 }],
    });
    assert.deepEqual(withFiles(known), known);
  });

  it("are named when they cannot be read, each once", () => {
    writeFileSync(at("brand.sh"), "");
    const guests = [
      { image: image() },
      { image: image() },
      {
        image: image({
          steps: [{ kind: "run", script: at("no.sh"), timeout: 1 }],
          source: { kind: "pool", pool: "a", volume: "b" },
        }),
      },
    ];
    assert.throws(
      () => checkImageFiles(guests),
      (error) => {
        assert.ok(error instanceof UserError);
        assert.deepEqual(
          error.mistakes.map(({ file }) => file),
          [at("disk.img"), at("no.sh")],
        );
        return true;
      },
    );
  });

  it("are refused where they are a pipe or a device, the vendor's key as well", () => {
    execFileSync("mkfifo", [at("disk.img"), at("brand.sh")]);
    const signed = image({
      source: {
        kind: "url",
        url: "https://h/a.img",
        checksum: {
          kind: "manifest",
          url: "https://h/SHA256SUMS",
          algorithm: "sha256",
          file: "a.img",
          key: "/dev/zero",
        },
      },
    });
    assert.throws(
      () => checkImageFiles([{ image: image({ steps: [] }) }, { image: signed }]),
      (error) => {
        assert.ok(error instanceof UserError);
        assert.deepEqual(
          error.mistakes.map(({ file, found }) => [file, found]),
          [
            [at("disk.img"), "a pipe (FIFO)"],
            [at("brand.sh"), "a pipe (FIFO)"],
            ["/dev/zero", "a device"],
          ],
        );
        return true;
      },
    );
  });

  it("are hashed once, until their size, date or place on the disk is another", () => {
    const memory = join(folder, ".guest-farm", "file-digests.json");
    writeFileSync(at("disk.img"), "disk");
    assert.equal(fileDigest("disk.img", folder), sha256("disk"));
    const known = readFileSync(memory, "utf8").replace(sha256("disk"), "f".repeat(64));
    writeFileSync(memory, known);
    assert.equal(fileDigest("disk.img", folder), "f".repeat(64), "what is remembered");
    const { atime, mtime } = statSync(at("disk.img"));
    utimesSync(at("disk.img"), atime, new Date(mtime.getTime() + 5000));
    assert.equal(fileDigest("disk.img", folder), sha256("disk"));
    writeFileSync(memory, "nonsense");
    assert.equal(fileDigest("disk.img", folder), sha256("disk"));
    assert.ok(existsSync(memory));
  });
});
