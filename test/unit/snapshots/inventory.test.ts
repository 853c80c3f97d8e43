import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openLocalShell } from "../../../connections/local";
import type { Shell } from "../../../connections/shell";
import { guestFiles } from "../../../hypervisor/guest-files";
import { hypervisorHost } from "../../../hypervisor/host";
import type { Ground } from "../../../hypervisor/snapshots/ground";
import { type InventoryQuery, readInventories, readInventory } from "../../../hypervisor/snapshots/inventory";
import { readRecord, recordPath, writeRecord } from "../../../hypervisor/snapshots/record-file";
import { record } from "./inventories";

describe("the inventory of guests", () => {
  let pool: string;
  let ran: number;
  const counting: Shell = (() => {
    const shell = openLocalShell();
    return {
      ...shell,
      run: (command) => {
        ran += 1;
        return shell.run(command);
      },
    };
  })();
  /** libvirt's own test driver has one running domain, `test`. */
  const hypervisor = (uri = "test:///default") => ({
    name: "here",
    uri,
    connection: { type: "local" as const },
    diskPoolPath: pool,
    imageCachePath: pool,
  });
  const host = (uri?: string) => hypervisorHost(hypervisor(uri), counting);
  const guest = (name: string): InventoryQuery => ({
    name,
    hypervisor: hypervisor(),
    baseImage: { path: join(pool, "base.qcow2"), digest: "0", format: "qcow2" },
    rootDisk: { bus: "virtio" },
    extraDisks: [],
    seedBus: "ide",
    firmware: { kind: "bios" },
  });
  const write = (name: string, path: string, text: string) => {
    const file = join(guestFiles(pool, name).folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };

  beforeEach(() => {
    pool = mkdtempSync(join(tmpdir(), "guest-farm inventory's $(x) "));
    ran = 0;
  });
  afterEach(() => rmSync(pool, { recursive: true, force: true }));

  it("reads any number of guests in one command", async () => {
    const clean = record("clean", ["a"]);
    for (const name of ["test", "not there", "it's $(another)"]) {
      write(name, "layers/a/vda.qcow2", "disk");
      write(name, "layers/a/layer.json", JSON.stringify({ id: "a", parent: null, pristine: true, base: [] }));
      write(name, "layers/b/layer.json", JSON.stringify({ id: "a", parent: null, pristine: true, base: [] }));
      write(name, "layers/c/layer.json", "{ half");
      write(name, "snapshots/clean.json", JSON.stringify(clean));
      write(name, "snapshots/broken.json", "{ half");
      write(name, "snapshots/other.json", JSON.stringify({ ...clean, formatVersion: 2 }));
    }
    const names = ["test", "not there", "it's $(another)", "no folder"];
    const { versions, guests } = await readInventories(host(), names.map(guest));
    assert.equal(ran, 1);
    assert.match(versions?.libvirt ?? "", /^\d+\.\d+\.\d+$/);
    for (const name of names.slice(0, 3)) {
      const there = guests.get(name);
      assert.deepEqual(there?.records, [clean], name);
      assert.deepEqual([...there.unreadable].sort(), ["snapshots/broken.json", "snapshots/other.json"]);
      assert.deepEqual([...there.layers.keys()], ["a"], "records that are not this layer's do not count");
      assert.equal(there.files.get("layers/a/vda.qcow2")?.size, 4);
      assert.match(there.files.get("layers/a/vda.qcow2")?.mtime ?? "", /^\d+\.\d+$/);
      assert.deepEqual([...there.bases], [[join(pool, "base.qcow2"), false]]);
      assert.equal(there.internal, null);
    }
    assert.equal(guests.get("test")?.state, "on");
    assert.match(guests.get("test")?.definition ?? "", /<name>test<\/name>/);
    assert.equal(guests.get("not there")?.state, "missing");
    assert.deepEqual(guests.get("no folder")?.records, []);
  });

  it("looks at the files of others that guests stand on, and not at what never changes", async () => {
    const kernel = "/boot/it's $(a) kernel";
    const data = join(pool, "..", `data ${process.pid}`);
    writeFileSync(data, "data");
    const query: InventoryQuery = {
      ...guest("test"),
      hypervisor: { ...hypervisor(), imageCachePath: join(pool, "cache") },
      firmware: { kind: "kernel", kernel, initrd: join(pool, "cache", "0.initrd"), cmdline: "" },
      extraDisks: [{ path: data, format: "raw", readOnly: false }],
    };
    const { guests } = await readInventories(host(), [query, guest("other")]);
    rmSync(data);
    const ground: Ground = guests.get("test")?.ground ?? new Map();
    assert.deepEqual([...ground.keys()], [data, kernel]);
    assert.equal(ground.get(kernel), null);
    assert.equal(ground.get(data)?.size, 4);
    assert.match(ground.get(data)?.mtime ?? "", /^\d+\.\d+$/);
    assert.equal(guests.get("test")?.bases.size, 2);
    assert.deepEqual([...(guests.get("other")?.ground ?? [])], []);
  });

  it("still reads records when libvirt does not answer, but lets nobody work on such a guest", async () => {
    write("web", "snapshots/clean.json", JSON.stringify(record("clean", ["a"])));
    const { versions, guests } = await readInventories(host("nonsense:///"), [guest("web")]);
    assert.equal(versions, null);
    assert.equal(guests.get("web")?.state, "unknown");
    assert.equal(guests.get("web")?.records.length, 1);
    await assert.rejects(readInventory(host("nonsense:///"), guest("web")), /does not answer at nonsense/);
  });

  it("holds more than the shell keeps of a command's output", async () => {
    const many = Array.from({ length: 600 }, (_, index) => record(`p.${index}.init`, ["a"]));
    for (const one of many) write("web", `snapshots/${one.name}.json`, JSON.stringify(one).padEnd(3000));
    const { guests } = await readInventories(host(), [guest("web")]);
    assert.equal(guests.get("web")?.records.length, many.length);
  });

  describe("a single record", () => {
    const files = () => guestFiles(pool, "web");
    const NAME = "my app $(x).1/2.init";

    it("is read back as it was written, whatever its name", async () => {
      const init = record(NAME, ["a"], { base: [], disks: [] });
      mkdirSync(files().snapshots, { recursive: true });
      await writeRecord(host(), files(), init);
      assert.deepEqual(await readRecord(host(), files(), NAME), init);
      assert.equal(dirname(recordPath(files(), NAME)), files().snapshots);
    });
    it("is none when a file of others under it was written anew, or is gone", async () => {
      const data = join(pool, "it's data");
      writeFileSync(data, "data");
      const { mtimeNs, size } = statSync(data, { bigint: true });
      const seconds = `${mtimeNs / 10n ** 9n}.${String(mtimeNs % 10n ** 9n).padStart(9, "0")}0`;
      const ground = [{ path: data, size: Number(size), mtime: seconds }];
      mkdirSync(files().snapshots, { recursive: true });
      await writeRecord(host(), files(), record("clean", ["a"], { base: [], disks: [], ground }));
      assert.equal((await readRecord(host(), files(), "clean"))?.name, "clean");
      writeFileSync(data, "more data");
      assert.equal(await readRecord(host(), files(), "clean"), null);
      rmSync(data);
      assert.equal(await readRecord(host(), files(), "clean"), null);
    });
    it("is none when it is missing, broken, or its disks are gone", async () => {
      assert.equal(await readRecord(host(), files(), "clean"), null);
      write("web", "snapshots/clean.json", "{");
      assert.equal(await readRecord(host(), files(), "clean"), null);
      write("web", "snapshots/clean.json", JSON.stringify(record("clean", ["a"], { base: [] })));
      assert.equal(await readRecord(host(), files(), "clean"), null);
      write("web", "layers/a/vda.qcow2", "disk");
      assert.equal((await readRecord(host(), files(), "clean"))?.name, "clean");
    });
  });
});
