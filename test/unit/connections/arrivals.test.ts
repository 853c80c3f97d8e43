import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { decodedLines } from "../../../connections/arrivals/base64";
import { staysInside } from "../../../connections/arrivals/links";
import { Receiver } from "../../../connections/arrivals/receive";
import type { FetchOptions } from "../../../connections/guest-connection";
import { UserError } from "../../../definitions/user-error";
import { tarOf, type TarEntry } from "./support/tar";

describe("what a guest sends as a folder", () => {
  let outside: string;
  let artifacts: string;
  beforeEach(() => {
    outside = mkdtempSync(join(tmpdir(), "gf-arrivals-"));
    artifacts = join(outside, "artifacts");
    mkdirSync(artifacts);
    writeFileSync(join(outside, "own"), "untouched");
  });
  afterEach(() => {
    assert.equal(readFileSync(join(outside, "own"), "utf8"), "untouched");
    assert.deepEqual(readdirSync(outside).sort(), ["artifacts", "own"]);
    assert.ok(!readdirSync(artifacts).some((name) => name.startsWith(".arriving")));
    rmSync(outside, { recursive: true, force: true });
  });

  const fetch = async (to: string, stream: Buffer, options: Partial<FetchOptions> = {}) => {
    const leftOut: string[] = [];
    const receiver = new Receiver("folder", join(artifacts, to), {
      within: artifacts,
      onLeftOut: ({ path }) => leftOut.push(path),
      ...options,
    });
    await receiver.receive(() => receiver.consume(Readable.from([stream])));
    return leftOut;
  };
  const fetchEntries = (to: string, ...entries: TarEntry[]) => fetch(to, tarOf(entries));
  const text = (path: string) => readFileSync(join(artifacts, path), "utf8");

  it("arrives with its files, folders and inner links", async () => {
    const leftOut = await fetchEntries(
      "logs",
      { name: "./", type: "folder", mode: 0o755 },
      { name: "./a/", type: "folder", mode: 0o500 },
      { name: "./a/one", content: "1", mode: 0o640 },
      { name: "./a/two", type: "hardlink", target: "./a/one" },
      { name: "./a/up", type: "link", target: "../b" },
      { name: "./b", type: "link", target: "a/one" },
    );
    assert.deepEqual(leftOut, []);
    assert.equal(text("logs/a/two"), "1");
    assert.equal(text("logs/a/up"), "1");
    assert.equal(lstatSync(join(artifacts, "logs/a/one")).mode & 0o7777, 0o640);
  });

  it("is laid over what is there", async () => {
    await fetchEntries("logs", { name: "./x/old", content: "old" }, { name: "./x/same", content: "1" });
    await fetchEntries("logs", { name: "./x/new", content: "new" }, { name: "./x/same", content: "2" });
    assert.deepEqual([text("logs/x/old"), text("logs/x/new"), text("logs/x/same")], ["old", "new", "2"]);
  });

  it("loses links that lead out of it, and says so", async () => {
    const leftOut = await fetchEntries(
      "logs",
      { name: "./absolute", type: "link", target: join(outside, "own") },
      { name: "./up", type: "link", target: "../.." },
      { name: "./d/", type: "folder", mode: 0o755 },
      { name: "./d/root", type: "link", target: ".." },
      { name: "./through", type: "link", target: "d/root/../../own" },
    );
    assert.deepEqual(leftOut.sort(), ["absolute", "through", "up"]);
    assert.deepEqual(readdirSync(join(artifacts, "logs")), ["d"]);
    assert.equal(readlinkSync(join(artifacts, "logs/d/root")), "..");
  });

  it("is not written through a link that an earlier transfer has brought", async () => {
    symlinkSync(outside, join(artifacts, "planted"));
    symlinkSync(join(outside, "own"), join(artifacts, "file"));
    await assert.rejects(fetchEntries("planted", { name: "./own", content: "evil" }), UserError);
    await assert.rejects(fetchEntries("planted/deeper", { name: "./own", content: "evil" }), UserError);
    mkdirSync(join(artifacts, "logs"));
    symlinkSync(outside, join(artifacts, "logs/dir"));
    await assert.rejects(fetchEntries("logs", { name: "./dir/own", content: "evil" }), /is in the way/);
    symlinkSync(join(outside, "own"), join(artifacts, "logs/own"));
    await fetchEntries("logs", { name: "./own", content: "mine" });
    assert.equal(text("logs/own"), "mine");
  });

  it("writes through no link of its own", async () => {
    const planted = [
      { name: "./out", type: "link", target: outside },
      { name: "./out/own", content: "evil" },
    ] as const;
    await assert.rejects(fetchEntries("logs", ...planted));
    assert.ok(!existsSync(join(artifacts, "logs")));
  });

  for (const name of ["/tmp/gf-absolute", "../own", "a/../../own", "./../own"]) {
    it(`is refused with the name ${name}`, async () => {
      await assert.rejects(fetchEntries("logs", { name, content: "evil" }));
      assert.ok(!existsSync("/tmp/gf-absolute"));
      assert.ok(!existsSync(join(artifacts, "logs")));
    });
  }

  it("loses special modes", async () => {
    await fetchEntries(
      "logs",
      { name: "./sh", mode: 0o6755 },
      { name: "./t/", type: "folder", mode: 0o3777 },
    );
    assert.equal(lstatSync(join(artifacts, "logs/sh")).mode & 0o7000, 0);
    assert.equal(lstatSync(join(artifacts, "logs/t")).mode & 0o7000, 0);
  });

  it("loses pipes and devices", async function () {
    const entries: TarEntry[] = [
      { name: "./pipe", type: "fifo" },
      { name: "./good", content: "1" },
    ];
    if (process.getuid?.() === 0) entries.push({ name: "./null", type: "chardev", mode: 0o666 });
    const leftOut = await fetchEntries("logs", ...entries);
    assert.equal(leftOut.length, entries.length - 1);
    assert.deepEqual(readdirSync(join(artifacts, "logs")), ["good"]);
  });

  it("brings no hard link to a file of this machine", async () => {
    const hard = { name: "./own", type: "hardlink", target: join(outside, "own") } as const;
    await assert.rejects(fetchEntries("logs", hard));
    assert.equal(lstatSync(join(outside, "own")).nlink, 1);
  });

  it("may hold so many bytes, holes included", async () => {
    const limits = { bytes: 64 * 1024, files: 100 };
    const entries = tarOf([{ name: "./big", content: "x".repeat(80_000) }]);
    await assert.rejects(fetch("logs", entries, { limits }), /more than 0\.06 MiB[^]*fetchLimit\.size/);
    const folder = join(artifacts, "sparse");
    mkdirSync(folder);
    execFileSync("truncate", ["-s", "1G", join(folder, "hole")]);
    const sparse = execFileSync("tar", ["-C", folder, "-Scf", "-", "."]);
    assert.ok(sparse.length < limits.bytes);
    await assert.rejects(fetch("logs", sparse, { limits }), /fetchLimit\.size/);
    assert.ok(!existsSync(join(artifacts, "logs")));
  });

  it("may hold so many files", async () => {
    const entries = Array.from({ length: 11 }, (_, index) => ({ name: `./${index}` }));
    const limits = { bytes: 1024 * 1024, files: 10 };
    await assert.rejects(fetch("logs", tarOf(entries), { limits }), /more than 10[^]*fetchLimit\.files/);
    await fetch("logs", tarOf(entries.slice(1)), { limits });
    assert.equal(readdirSync(join(artifacts, "logs")).length, 10);
  });

  it("is refused when it is no archive", async () => {
    await assert.rejects(fetch("logs", Buffer.alloc(2048, "\u001b]0;evil\u0007")), (error: Error) => {
      return error.message.includes("cannot be unpacked") && !error.message.includes("\u001b");
    });
  });
});

describe("what a guest sends as a file", () => {
  it("takes the place of a link instead of what the link leads to", async () => {
    const folder = mkdtempSync(join(tmpdir(), "gf-arrivals-"));
    try {
      writeFileSync(join(folder, "own"), "untouched");
      mkdirSync(join(folder, "artifacts"));
      symlinkSync("../own", join(folder, "artifacts", "report"));
      const options = { within: join(folder, "artifacts"), limits: { bytes: 10, files: 1 }, mode: "4755" };
      const receiver = new Receiver("file", join(folder, "artifacts", "report"), options);
      await receiver.receive(() => receiver.consume(Readable.from([Buffer.from("evil")])));
      assert.equal(readFileSync(join(folder, "own"), "utf8"), "untouched");
      assert.equal(lstatSync(join(folder, "artifacts", "report")).mode & 0o7777, 0o755);
      const large = new Receiver("file", join(folder, "artifacts", "large"), options);
      const sent = () => large.consume(Readable.from([Buffer.alloc(11)]));
      await assert.rejects(large.receive(sent), /fetchLimit\.size/);
      assert.deepEqual(readdirSync(join(folder, "artifacts")), ["report"]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("is decoded line by line, wherever its chunks end", async () => {
    const lines = Buffer.from("aGVsbG8=\r\nIHdvcmxk\r\n");
    const chunks = Array.from(lines, (_, at) => lines.subarray(at, at + 1));
    const decoded = (await Readable.from(chunks).pipe(decodedLines()).toArray()) as Buffer[];
    assert.equal(Buffer.concat(decoded).toString(), "hello world");
    const endless = Readable.from([Buffer.alloc(2 * 1024 * 1024, "A")]);
    const stream = decodedLines();
    const ended = stream.toArray();
    endless.pipe(stream);
    await assert.rejects(ended, /does not end/);
  });
});

describe("a link of a fetched folder", () => {
  const cases: readonly [path: string, target: string, stays: boolean][] = [
    ["a", "b", true],
    ["a", "./b/c", true],
    ["a", "..", false],
    ["a", "/etc", false],
    ["d/a", "..", true],
    ["d/a", "../..", false],
    ["d/a", "./.././../x", false],
    // What `b` is nobody knows.
    ["d/a", "b/..", false],
    ["a", "", false],
  ];
  for (const [path, target, stays] of cases) {
    it(`${path} -> ${target} ${stays ? "stays inside" : "leads out"}`, () =>
      assert.equal(staysInside(path, target), stays));
  }
});
