import assert from "node:assert/strict";
import { chmodSync, mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bench, failed, removeBenches } from "./support/guest";
import { removeFolders } from "./support/project";

const COPY_FILE = "steps:\n  - {copy: tool, to: /opt/tool, retries: 3}\n";
const COPY_FOLDER = "steps:\n  - {copy: ../src, to: /opt/src, retries: 3}\n";
const FILES = { tool: "one", "../src/a": "a", "../src/sub/b": "b" };

/** Changes of the files of the project, in its folder. */
const CHANGES: Record<string, { copy: string; change: (root: string) => void }> = {
  "a file's content": { copy: COPY_FILE, change: (root) => writeFileSync(join(root, "tool"), "two") },
  "a file's executable bit": { copy: COPY_FILE, change: (root) => chmodSync(join(root, "tool"), 0o755) },
  "a file, with its old time": {
    copy: COPY_FILE,
    change: (root) => {
      writeFileSync(join(root, "tool"), "two");
      utimesSync(join(root, "tool"), 1, 1);
    },
  },
  "a file that another one takes the place of": {
    copy: COPY_FILE,
    change: (root) => {
      writeFileSync(join(root, "new"), "two");
      renameSync(join(root, "new"), join(root, "tool"));
    },
  },
  "a file that vanishes": { copy: COPY_FILE, change: (root) => rmSync(join(root, "tool")) },
  "a file in a folder": {
    copy: COPY_FOLDER,
    change: (root) => writeFileSync(join(root, "../src/sub/b"), "c"),
  },
  "an added file": { copy: COPY_FOLDER, change: (root) => writeFileSync(join(root, "../src/sub/new"), "") },
  "an added empty folder": { copy: COPY_FOLDER, change: (root) => mkdirSync(join(root, "../src/empty")) },
  "a removed file": { copy: COPY_FOLDER, change: (root) => rmSync(join(root, "../src/a")) },
  "a file's mode in a folder": {
    copy: COPY_FOLDER,
    change: (root) => chmodSync(join(root, "../src/a"), 0o755),
  },
};

describe("files that change after the key was computed", () => {
  afterEach(() => {
    removeFolders();
    removeBenches();
  });

  for (const [what, { copy, change }] of Object.entries(CHANGES)) {
    for (const phase of ["dependencies", "init"] as const) {
      it(`end ${phase}, from which a snapshot would be made, before they are sent: ${what}`, async () => {
        const b = await bench({ [`${phase}.yaml`]: copy, ...FILES });
        change(b.project);
        const { reason } = failed(await b.run(phase));
        assert.match(reason, /stacks\/x\/(phases\/tool|src) was changed after this run had begun/);
        assert.match(reason, /run `pulumi up` again/);
        assert.deepEqual([b.guest.copied, b.clock.sleeps], [[], []]);
      });
    }

    it(`end init when they change while they are sent: ${what}`, async () => {
      const b = await bench({ "init.yaml": copy, ...FILES });
      let copies = 0;
      b.guest.copyTo = () => {
        copies++;
        change(b.project);
        return Promise.resolve();
      };
      assert.match(failed(await b.run("init")).reason, /was changed while it was copied/);
      assert.equal(copies, 1);
    });

    it(`are noted by main, which takes them as they are: ${what}`, async () => {
      const b = await bench({ "main.yaml": copy, ...FILES });
      change(b.project);
      assert.equal((await b.run()).status, "passed");
      assert.ok(
        b.log.lines.some((line) => /was changed after this run had begun; the next `pulumi up`/.test(line)),
        b.log.lines.join("\n"),
      );
    });
  }

  it("are no change when only their times differ", async () => {
    const b = await bench({ "init.yaml": COPY_FILE + COPY_FOLDER.replace("steps:\n", ""), ...FILES });
    utimesSync(join(b.project, "tool"), 1, 1);
    utimesSync(join(b.project, "../src/a"), 1, 1);
    assert.equal((await b.run("init")).status, "passed");
    assert.equal(b.guest.copied.length, 2);
  });

  it("are no change where they are no content: the history of git", async () => {
    const b = await bench({ "init.yaml": COPY_FOLDER, ...FILES, "../src/.git/HEAD": "x" });
    b.guest.copyTo = () => {
      writeFileSync(join(b.project, "../src/.git/index"), "y");
      return Promise.resolve();
    };
    assert.equal((await b.run("init")).status, "passed");
  });

  it("are not sent when they are scripts: what was read goes into the guest", async () => {
    const b = await bench({ "init.yaml": "steps:\n  - script: x.sh\n", "x.sh": "echo one\n" });
    writeFileSync(join(b.project, "x.sh"), "echo two\n");
    assert.equal((await b.run("init")).status, "passed");
    assert.equal(b.log.tail, "one\n");
  });
});
