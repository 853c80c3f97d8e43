import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../../definitions/user-error";
import { openPhaseFolder } from "../../../phases/folder/disk-folder";
import { isMachinePath, pathFrom, staysBelow } from "../../../phases/folder/paths";
import { addFile, folderWith, removeFolders } from "./support/project";

const open = (root: string) => openPhaseFolder(join(root, "phases"), "phases");

describe("a folder of phase files", () => {
  afterEach(removeFolders);

  it("has the same digest in another checkout: times, umask and order do not count", async () => {
    const files = { "src/b": "2", "src/a": "1", "src/sub/c": "#!3", "src/link": "link:sub/c" };
    const one = folderWith(files);
    const two = folderWith(Object.fromEntries(Object.entries(files).reverse()));
    chmodSync(join(two, "phases/src/a"), 0o600);
    utimesSync(join(two, "phases/src/a"), 1, 1);
    assert.equal(await open(one).digest("src"), await open(two).digest("src"));
  });

  const base = { "src/a": "1", "src/b": "2", "src/x": "3", "src/link": "link:a" };
  const changes: Record<string, Record<string, string>> = {
    "a content": { ...base, "src/a": "11" },
    "a name": { "src/c": "1", "src/b": "2", "src/x": "3", "src/link": "link:a" },
    "an additional file": { ...base, "src/sub/new": "" },
    "contents that change places": { ...base, "src/a": "2", "src/b": "1" },
    "an executable bit": { ...base, "src/x": "#!3" },
    "a link's target": { ...base, "src/link": "link:b" },
    "a file instead of a link": { ...base, "src/link": "1" },
  };
  for (const [what, files] of Object.entries(changes)) {
    it(`has another digest after ${what}`, async () => {
      assert.notEqual(
        await open(folderWith(files)).digest("src"),
        await open(folderWith(base)).digest("src"),
      );
    });
  }

  it("has another digest with a folder in which nothing is, which is copied as well", async () => {
    const root = folderWith(base);
    mkdirSync(join(root, "phases/src/empty"));
    assert.notEqual(await open(root).digest("src"), await open(folderWith(base)).digest("src"));
  });

  it("tells the mode of a copied file where its content does not imply it", async () => {
    const plain = { tool: "#!/bin/sh\n", text: "text\n", program: "\x7fELF..." };
    const digests = async (path: string, mode: number) => {
      const root = folderWith(plain);
      chmodSync(join(root, "phases", path), mode);
      return [await open(root).digestWithMode(path), await open(root).digest(path)];
    };
    for (const [path, usual, unusual] of [
      ["tool", 0o755, 0o644],
      ["text", 0o644, 0o755],
      ["program", 0o755, 0o644],
    ] as const) {
      const [withMode, content] = await digests(path, usual);
      assert.equal(withMode, content, "keys of before stay valid");
      assert.notEqual((await digests(path, unusual))[0], content);
      assert.equal((await digests(path, unusual))[1], content);
    }
  });

  it("leaves out what differs between checkouts and runs of one commit", async () => {
    const more = { ...base, "src/.git/HEAD": "x", "src/sub/.guest-farm/result.json": "{}" };
    assert.equal(await open(folderWith(more)).digest("src"), await open(folderWith(base)).digest("src"));
  });

  const leaving: Record<string, Record<string, string>> = {
    "out of a copied folder": { "src/link": "link:../other", other: "" },
    "to an absolute path": { "src/link": "link:/etc/hostname" },
  };
  for (const [what, files] of Object.entries(leaving)) {
    it(`refuses a link ${what}`, async () => {
      await assert.rejects(open(folderWith(files)).digest("src"), (error) => {
        assert.ok(error instanceof UserError);
        assert.match(error.message, /^phases\/src\/link: is a link that leads out of its folder/);
        return true;
      });
    });
  }

  it("follows a named link inside the project's folder, and refuses one that leads out", async () => {
    const root = folderWith({ "a/real": "x", inside: "link:a/real", outside: "link:../../out" });
    addFile(root, "../../out", "secret");
    assert.equal((await open(root).read("inside")).toString(), "x");
    await assert.rejects(open(root).read("outside"), /leads out of its folder/);
    await assert.rejects(open(root).digest("outside"), /leads out of its folder/);
    execFileSync("rm", [join(root, "../out")]);
  });

  it("reads what stands beside it, but not through a link", async () => {
    const root = folderWith({ "../src/a": "1", "../link": "link:/etc" });
    assert.equal(typeof (await open(root).digest("../src")), "string");
    await assert.rejects(open(root).digest("../link"), /leads out of its folder/);
  });

  it("refuses names that are not UTF-8", async () => {
    const root = folderWith({ "src/a": "1" });
    writeFileSync(Buffer.from(`${root}/phases/src/caf\xe9`, "latin1"), "");
    await assert.rejects(open(root).digest("src"), { message: /name is not UTF-8/ });
  });

  it("refuses pipes", async () => {
    const root = folderWith({ "src/a": "1" });
    execFileSync("mkfifo", [join(root, "phases/src/pipe")]);
    await assert.rejects(open(root).digest("src"), /phases\/src\/pipe: is neither a file nor a folder/);
    await assert.rejects(open(root).kind("src/pipe"), /neither a file nor a folder/);
  });

  it("is about one moment: a file is read once", async () => {
    const root = folderWith({ a: "1" });
    const folder = open(root);
    await folder.read("a");
    addFile(root, "a", "2");
    assert.equal((await folder.read("a")).toString(), "1");
  });

  it("says so when a file is not there", async () => {
    await assert.rejects(open(folderWith({})).read("gone"), UserError);
    assert.equal(await open(folderWith({})).kind("gone"), "none");
  });
});

describe("paths in phase files", () => {
  it("are relative to the file that they stand in", () => {
    assert.equal(pathFrom("a/b/main.yaml", "../x.sh"), "a/x.sh");
    assert.equal(pathFrom("main.yaml", "../tally"), "../tally");
    assert.equal(pathFrom("main.yaml", "./x"), "x");
  });

  it("are told from those of a machine", () => {
    for (const path of ["/etc", "~/x", "~user/x", "C:\\x", "c:/x", "\\\\host\\x"])
      assert.ok(isMachinePath(path), path);
    for (const path of ["a", "../a", "a~", "./c:"]) assert.ok(!isMachinePath(path), path);
  });

  it("are told to stay below a folder or not", () => {
    for (const path of ["a", "a/../b", "a/b/", "..a"]) assert.ok(staysBelow(path), path);
    for (const path of ["..", "../a", "a/../../b", "/a", "", ".", "a\\..\\..\\b"])
      assert.ok(!staysBelow(path), path);
  });
});
