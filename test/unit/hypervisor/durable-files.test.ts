import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { openLocalShell } from "../../../connections/local";
import { hostFiles } from "../../../hypervisor/host-files";

describe("files that others are to trust", () => {
  const { PATH } = process.env;
  let folder: string;
  let target: string;
  const files = hostFiles(openLocalShell());

  /** A `sync` that notes what it is given, and whether the file has its name already. */
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "durable it's $(x) "));
    target = join(folder, "sub", "record.json");
    mkdirSync(join(folder, "sub"));
    mkdirSync(join(folder, "bin"));
    const sync = join(folder, "bin", "sync");
    writeFileSync(
      sync,
      '#!/bin/sh\nshift\nfor file; do [ -e "$TARGET" ] && echo "named $file" || echo "unnamed $file"; done >> "$LOG"\n',
    );
    chmodSync(sync, 0o755);
    Object.assign(process.env, {
      PATH: `${join(folder, "bin")}${delimiter}${PATH}`,
      TARGET: target,
      LOG: join(folder, "log"),
    });
  });
  afterEach(() => {
    process.env["PATH"] = PATH;
    rmSync(folder, { recursive: true, force: true });
  });

  const synced = () =>
    readFileSync(join(folder, "log"), "utf8")
      .trim()
      .split("\n")
      .map((line) => line.replace(/\.new\.\d+$/, ".new").replaceAll(folder, ""));

  for (const write of ["writeDurable", "writeFirst"] as const) {
    it(`are on the disk before they have their name, and their name is before anybody goes on: ${write}`, async () => {
      await files[write](target, "text", "0640");
      assert.deepEqual(synced(), ["unnamed /sub/record.json.new", "named /sub"]);
      assert.equal(readFileSync(target, "utf8"), "text");
      assert.equal(statSync(target).mode & 0o777, 0o640);
      assert.equal(existsSync(join(folder, "sub", "record.json.new")), false);
    });
  }

  it("are written by the first of several only", async () => {
    const wrote = await Promise.all(["a", "b", "c"].map((text) => files.writeFirst(target, text, "0644")));
    assert.equal(wrote.filter((first) => first).length, 1);
    assert.equal(readFileSync(target, "utf8"), ["a", "b", "c"][wrote.indexOf(true)]);
    await assert.rejects(files.writeFirst(join(folder, "none", "x"), "", "0644"));
  });

  it("are brought to the disk with the folders that name them", async () => {
    writeFileSync(target, "");
    await files.flush(target, join(folder, "log"));
    assert.deepEqual(synced(), ["named /sub/record.json", "named /sub", "named /log", "named "]);
  });
});
