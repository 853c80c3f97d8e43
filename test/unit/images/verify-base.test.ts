import assert from "node:assert/strict";
import { UserError } from "../../../definitions/user-error";
import { createLayer } from "../../../hypervisor/domain/layers";
import { guestFiles } from "../../../hypervisor/guest-files";
import type { HypervisorHost } from "../../../hypervisor/host";
import type { ImageRecord } from "../../../hypervisor/images/record";
import { verifyBase } from "../../../hypervisor/images/verify";
import { type FakeHost, fakeHost } from "../hypervisor/fake-host";

const DIGEST = "a".repeat(64);
const OTHER = "b".repeat(64);
const BASE = { path: `/images/${DIGEST}.qcow2`, digest: DIGEST, format: "qcow2" as const };
const RECORD: ImageRecord = {
  digest: DIGEST,
  format: "qcow2",
  size: 7,
  virtualSize: 512,
  mtime: 1000,
  name: "tiny",
  source: "a file",
  createdAt: "2026-01-01T00:00:00.000Z",
  kernel: { size: 8, mtime: 1001, digest: OTHER },
  cmdline: "quiet",
};
const KERNEL = `/images/${DIGEST}.kernel`;

interface Files {
  record?: string | null;
  stat?: Readonly<Record<string, string>>;
  hash?: Readonly<Record<string, string>>;
}

/** A cache whose files are as described; default: as they were put there. */
function cache({ record = JSON.stringify(RECORD), stat = {}, hash = {} }: Files = {}): FakeHost {
  const stats: Record<string, string> = {
    [BASE.path]: "size 7, date 1000, mode 444",
    [KERNEL]: "size 8, date 1001, mode 444",
    ...stat,
  };
  return fakeHost((argv) => {
    const last = argv.at(-1) ?? "";
    if (argv[0] === "stat") {
      const asked = argv.slice(argv.indexOf("--") + 1);
      return asked.map((path) => (stats[path] ? `${path}: ${stats[path]}\n` : "")).join("");
    }
    if (argv[0] === "sha256sum") {
      return `${hash[last] ?? (last === KERNEL ? OTHER : DIGEST)} *${last}\n`;
    }
    // Everything else but reading the record makes something.
    return last === `/images/${DIGEST}.json` ? (record ?? { exitCode: 44 }) : undefined;
  });
}

const full = (host: FakeHost): HypervisorHost => ({ ...host, spec: { ...host.spec, checkImages: "full" } });
const ran = (host: FakeHost, program: string) => host.commands.filter(([name]) => name === program).length;

describe("base image, before a disk is made over it", () => {
  it("is compared with its description, kernel included, in one command, and not read", async () => {
    const host = cache();
    await verifyBase(host, BASE);
    assert.deepEqual([ran(host, "stat"), ran(host, "sha256sum")], [1, 0]);
  });

  it("is read where images are checked fully", async () => {
    const host = cache();
    await verifyBase(full(host), BASE);
    assert.equal(ran(host, "sha256sum"), 2);
  });

  const damages: [string, string, Files, RegExp][] = [
    ["of another size", BASE.path, { stat: { [BASE.path]: "size 6, date 1000, mode 444" } }, /size 6/],
    ["of another date", BASE.path, { stat: { [BASE.path]: "size 7, date 999, mode 444" } }, /date 999/],
    ["that can be written", BASE.path, { stat: { [BASE.path]: "size 7, date 1000, mode 644" } }, /mode 644/],
    ["that is gone", BASE.path, { stat: { [BASE.path]: "" } }, /nothing/],
    ["with another kernel", KERNEL, { stat: { [KERNEL]: "size 9, date 1001, mode 444" } }, /size 9/],
    ["without a kernel", KERNEL, { stat: { [KERNEL]: "" } }, /nothing/],
  ];
  for (const [what, file, files, found] of damages) {
    it(`is refused ${what}, and nothing is made`, async () => {
      const host = cache(files);
      await assert.rejects(
        createLayer(host, guestFiles("/pool", "web"), {
          parent: null,
          disks: [{ device: "vda", base: BASE }],
        }),
        (error) => {
          assert.ok(error instanceof UserError);
          assert.ok(error.message.includes(file), error.message);
          assert.match(error.message, found);
          assert.match(error.message, /pulumi up --refresh/);
          return true;
        },
      );
      assert.deepEqual(ran(host, "stat"), 1);
      assert.ok(!host.commands.some((argv) => argv.some((text) => text.includes("qemu-img"))));
    });
  }

  it("of the right size with another content is refused where images are checked fully", async () => {
    const host = cache({ hash: { [BASE.path]: OTHER } });
    await verifyBase(host, BASE);
    await assert.rejects(verifyBase(full(host), BASE), new RegExp(`sha256 ${OTHER}`));
  });

  for (const record of [null, "{", "{}"]) {
    it(`is refused with the description ${String(record)}`, async () => {
      await assert.rejects(verifyBase(cache({ record }), BASE), /no description of base image a{64}/);
    });
  }

  it("that is in no cache is taken as it is", async () => {
    const host = cache();
    await verifyBase(host, { path: "/elsewhere/disk.qcow2", digest: null });
    await verifyBase(host, { path: "/elsewhere/disk.qcow2", digest: DIGEST });
    assert.deepEqual(host.commands, []);
  });
});
