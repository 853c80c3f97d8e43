import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { UserError } from "../../../definitions/user-error";
import { bounded } from "../../../discovery/bounded";
import { readFarmFolder } from "../../../discovery/farm-folder";
import { requireFreshBuild } from "../../../discovery/fresh-build";
import { hypervisorSpec } from "../../../discovery/hypervisor-specs";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "guest-farm-discovery-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, text = "", secondsAgo = 0): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  const time = Date.now() / 1000 - secondsAgo;
  utimesSync(file, time, time);
}

const mistakeOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error.mistakes[0]!;
  }
  throw new Error("nothing was refused");
};

describe("farm folder", () => {
  it("is the farm file and the definitions beside it", () => {
    write("stacks/mine/farm.yaml", "guests: {}");
    write("stacks/mine/platforms/a.yaml", "a");
    write("stacks/mine/targets/b.yml", "b");
    write("stacks/mine/projects/c.yaml", "c");
    write("stacks/mine/templates/d.xml", "<d/>");
    write("stacks/mine/platforms/notes.txt", "no definition");
    write("stacks/mine/phases/main.yaml", "not a definition");
    write("stacks/other/platforms/e.yaml", "another farm's");
    assert.deepEqual(readFarmFolder(folder, "stacks/mine/farm.yaml"), {
      farmFile: { name: "stacks/mine/farm.yaml", text: "guests: {}" },
      files: {
        "platforms/a.yaml": "a",
        "targets/b.yml": "b",
        "projects/c.yaml": "c",
        "templates/d.xml": "<d/>",
      },
      folder: "stacks/mine",
    });
  });

  it("is refused in one sentence where it cannot be read", () => {
    mkdirSync(join(folder, "stacks/mine/farm.yaml"), { recursive: true });
    const mistake = mistakeOf(() => readFarmFolder(folder, "stacks/mine/farm.yaml"));
    assert.equal(mistake.file, "stacks/mine/farm.yaml");
    assert.equal(mistake.what, "cannot be read");
    assert.equal(mistake.found, "a folder");
  });

  it("is refused where it is no text, and where a definition is a link to nothing", () => {
    write("stacks/mine/farm.yaml");
    writeFileSync(join(folder, "stacks/mine/farm.yaml"), Buffer.from("\ufeffguests: {}", "utf16le"));
    assert.match(mistakeOf(() => readFarmFolder(folder, "stacks/mine/farm.yaml")).allowed ?? "", /UTF-8/);
    write("stacks/mine/farm.yaml", "guests: {}");
    write("stacks/mine/platforms/a.yaml");
    symlinkSync("nothing.yaml", join(folder, "stacks/mine/platforms/b.yaml"));
    const mistake = mistakeOf(() => readFarmFolder(folder, "stacks/mine/farm.yaml"));
    assert.equal(mistake.file, "stacks/mine/platforms/b.yaml");
    assert.match(mistake.what, /link that leads nowhere/);
  });

  it("is refused with a file that is called like a folder of definitions", () => {
    write("stacks/mine/farm.yaml", "guests: {}");
    write("stacks/mine/targets", "notes");
    const { file, what } = mistakeOf(() => readFarmFolder(folder, "stacks/mine/farm.yaml"));
    assert.deepEqual([file, what], ["stacks/mine/targets", "is no folder"]);
  });

  it("is refused with links that lead back, as a file and as a folder", () => {
    write("stacks/mine/farm.yaml", "guests: {}");
    write("stacks/mine/platforms/a.yaml");
    symlinkSync("b.yaml", join(folder, "stacks/mine/platforms/b.yaml"));
    assert.match(
      mistakeOf(() => readFarmFolder(folder, "stacks/mine/farm.yaml")).found ?? "",
      /leads back to itself/,
    );
    rmSync(join(folder, "stacks/mine/platforms/b.yaml"));
    symlinkSync(".", join(folder, "stacks/mine/platforms/sub"));
    assert.match(mistakeOf(() => readFarmFolder(folder, "stacks/mine/farm.yaml")).what, /leads back/);
  });

  it("is refused at once where it is a pipe, a device, or has no end", () => {
    mkdirSync(join(folder, "stacks/mine"), { recursive: true });
    const farm = join(folder, "stacks/mine/farm.yaml");
    const found = () => mistakeOf(() => readFarmFolder(folder, "stacks/mine/farm.yaml")).found;
    execFileSync("mkfifo", [farm]);
    assert.equal(found(), "a pipe (FIFO)");
    rmSync(farm);
    symlinkSync("/dev/zero", farm);
    assert.equal(found(), "a device");
    rmSync(farm);
    write("stacks/mine/farm.yaml");
    truncateSync(farm, 1024 ** 4);
    assert.equal(found(), "more than 10 MiB");
  });

  it("may be the program's own", () => {
    write("farm.yaml", "guests: {}");
    assert.equal(readFarmFolder(folder, "farm.yaml").folder, ".");
  });

  it("names the stacks that have a farm file when this one has none", () => {
    write("stacks/quickstart/farm.yaml");
    write("stacks/nightly/farm.yaml");
    write("stacks/empty/notes.md");
    const mistake = mistakeOf(() => readFarmFolder(folder, "stacks/mine/farm.yaml"));
    assert.equal(mistake.file, "stacks/mine/farm.yaml");
    assert.equal(mistake.allowed, "a stack with a farm file: nightly, quickstart");
    assert.match(mistake.remedy ?? "", /guest-farm:farm/);
  });

  it("says so when there is no farm file at all", () => {
    assert.equal(mistakeOf(() => readFarmFolder(folder, "farm.yaml")).allowed, "a farm file");
  });
});

describe("compiled code", () => {
  it("may be used when it is newer than all sources", () => {
    write("components/farm.ts", "", 60);
    write("dist/components/index.js");
    requireFreshBuild(folder);
  });

  it("may be used where there are no sources, as from a tarball", () => {
    requireFreshBuild(folder);
    write("farm/main.ts");
    requireFreshBuild(folder);
  });

  it("is refused when one source is newer, and names it", () => {
    write("components/farm.ts", "", 60);
    write("dist/components/index.js", "", 30);
    write("hypervisor/domain/xml/nics.ts");
    const mistake = mistakeOf(() => requireFreshBuild(folder));
    assert.equal(mistake.found, join("hypervisor/domain/xml/nics.ts is newer"));
    assert.match(mistake.remedy ?? "", /npm run build/);
  });

  it("is refused when there is none", () => {
    write("components/farm.ts");
    assert.match(mistakeOf(() => requireFreshBuild(folder)).found ?? "", /components\/farm\.ts/);
  });
});

describe("bounded work", () => {
  it("gives its value, or why there is none", async () => {
    assert.deepEqual(await bounded(1000, Promise.resolve(1)), { value: 1 });
    assert.deepEqual(await bounded(1000, Promise.reject(new Error("no"))), { problem: "no" });
  });

  it("ends without the work when that takes too long", async () => {
    assert.deepEqual(await bounded(20, new Promise(() => undefined)), { problem: "no answer within 0.02 s" });
  });

  it("is not shaken by work that fails too late", async () => {
    const late = new Promise((_resolve, reject) => setTimeout(() => reject(new Error("late")), 40));
    assert.ok("problem" in (await bounded(10, late)));
    await assert.rejects(late, /late/);
  });
});

describe("specification of a hypervisor", () => {
  const given = {
    name: "here",
    uri: "qemu:///session",
    connection: { type: "local" as const },
    limits: {},
    labels: {},
    repairAccess: false,
    checkImages: "quick" as const,
    hostAccess: [],
    paused: false,
    facts: undefined,
    settings: {},
  };

  it("has the folders of the farm file", async () => {
    const paths = { diskPoolPath: "/a", imageCachePath: "/b" };
    const spec = await hypervisorSpec({ ...given, ...paths });
    assert.deepEqual([spec.diskPoolPath, spec.imageCachePath], ["/a", "/b"]);
    assert.equal("repairAccess" in spec || "checkImages" in spec || "hostAccess" in spec, false);
    assert.deepEqual((await hypervisorSpec({ ...given, ...paths, hostAccess: [80] })).hostAccess, [80]);
    assert.equal((await hypervisorSpec({ ...given, ...paths, checkImages: "full" })).checkImages, "full");
    assert.equal((await hypervisorSpec({ ...given, ...paths, repairAccess: true })).repairAccess, true);
  });

  it("has folders below the user's home on the host otherwise", async () => {
    const home = process.env["HOME"];
    process.env["HOME"] = "/home/somebody";
    try {
      const spec = await hypervisorSpec({ ...given, diskPoolPath: "/a", imageCachePath: undefined });
      assert.deepEqual(
        [spec.diskPoolPath, spec.imageCachePath],
        ["/a", "/home/somebody/.local/share/guest-farm/images"],
      );
    } finally {
      process.env["HOME"] = home;
    }
  });
});
