import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLocalShell } from "../../../connections/local";
import { SshGuest } from "../../../connections/ssh/guest";
import { deleteDomain } from "../../../hypervisor/domain/delete";
import { createDomain } from "../../../hypervisor/domain/lifecycle";
import type { DomainSpec } from "../../../hypervisor/domain/spec";
import { guestFiles } from "../../../hypervisor/guest-files";
import { hypervisorHost } from "../../../hypervisor/host";
import { guestPower } from "../../../hypervisor/power";
import { openSnapshotStore } from "../../../hypervisor/snapshots/store";
import type { Strategy } from "../../../hypervisor/snapshots/record";
import type { WantedSnapshot } from "../../../phases/lifecycle/ports";
import { freePort } from "../../support/free-port";
import { tinyImage } from "./tiny-image";

export const shell = openLocalShell();

/** A real guest in a folder of its own, with what tests ask of it. */
export async function makeGuest(name: string, change: Partial<DomainSpec> = {}, pool = newPool()) {
  const image = await tinyImage();
  const port = await freePort();
  const hypervisor = {
    name: "here",
    uri: "qemu:///system",
    connection: { type: "local" as const },
    diskPoolPath: pool,
    imageCachePath: pool,
  };
  const spec: DomainSpec = {
    hypervisor,
    owner: { farm: "snapshot-test", stack: "test", guest: name, version: "0" },
    name: `guest-farm-test ${name} ${process.pid}`,
    type: "qemu",
    arch: "x86_64",
    machine: "pc",
    cpu: { mode: "custom", model: "Nehalem" },
    vcpus: 1,
    memoryMiB: 192,
    firmware: { kind: "kernel", kernel: image.kernel, initrd: image.initrd, cmdline: image.cmdline },
    baseImage: image.baseImage,
    seed: image.seed,
    rootDisk: { bus: "virtio" },
    extraDisks: [],
    nics: [
      {
        kind: "user",
        mac: "52:54:00:5a:00:01",
        forwards: [{ hostAddress: "127.0.0.1", hostPort: port, guestPort: 22 }],
      },
    ],
    seedBus: "ide",
    clock: "utc",
    ...change,
  };
  const host = hypervisorHost(hypervisor, shell);
  const files = guestFiles(pool, spec.name);
  const power = guestPower(host, spec.name);
  await createDomain(host, spec);

  const attempt = (script: string, timeoutMs = 20_000, at = port) =>
    shell.run({
      argv: ["ssh", ...image.sshOptions, "-p", String(at), "root@127.0.0.1", "sh"],
      stdin: script,
      timeoutMs,
    });

  return {
    spec,
    host,
    files,
    power,
    store: (requested: Strategy | "auto" = "auto", of: DomainSpec = spec) =>
      openSnapshotStore(host, of, requested),
    /** The product's own way into it; the caller's to close. */
    connection: () =>
      new SshGuest({
        ...{ address: "127.0.0.1", port, user: "root", os: "linux", arch: spec.arch, via: [] },
        ...image.login,
      }),
    /** Runs a script in the guest. @param at the forwarded port */
    run: async (script: string, at = port): Promise<string> => {
      const result = await attempt(script, 20_000, at);
      assert.equal(result.exitCode, 0, `${script}: ${result.stderr}`);
      return result.stdout.trim();
    },
    waitForLogin: async (limitMs = 150_000, at = port): Promise<number> => {
      const start = Date.now();
      let last = "nothing yet";
      while (Date.now() - start < limitMs) {
        const result = await attempt("true", 10_000, at).catch((error: unknown) => ({
          exitCode: 1,
          stderr: String(error),
        }));
        if (result.exitCode === 0) return Date.now() - start;
        last = result.stderr;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error(`no login within ${limitMs} ms: ${last}`);
    },
    destroy: async (): Promise<void> => {
      await deleteDomain(host, spec);
      rmSync(pool, { recursive: true, force: true });
    },
  };
}
export type TestGuest = Awaited<ReturnType<typeof makeGuest>>;

/** A folder that QEMU's user can pass through, with a name that needs quoting. */
export function newPool(): string {
  const pool = mkdtempSync(join(tmpdir(), "guest-farm pool, it's "));
  chmodSync(pool, 0o711);
  return pool;
}

/** A snapshot as a lifecycle wants it. */
export function wanted(name: string, change: Partial<WantedSnapshot> = {}): WantedSnapshot {
  const kind = name === "clean" ? "clean" : name.endsWith(".init") ? "init" : "checkpoint";
  const [project = null, revision = null] = kind === "init" ? name.split(".") : [];
  return { kind, name, project, revision, key: `key of ${name}`, token: `token of ${name}`, ...change };
}

/** A script that leaves a value on the guest's disk and, another way, in its memory only. */
export const mark = (value: string): string =>
  `mkdir -p /ram; grep -q ' /ram ' /proc/mounts || mount -t tmpfs none /ram; echo '${value}' > /ram/mark; echo '${value}' > /mark; sync`;
export const READ_MEMORY = "cat /ram/mark";
/** Reads from the disk itself: a page cache restored with the memory would hide wrong disks. */
export const READ_DISK = "sync; echo 3 > /proc/sys/vm/drop_caches; cat /mark";
/** A script that sets the guest's clock. */
export const controllerClock = (): string => `date -s @${Math.round(Date.now() / 1000)} >/dev/null`;

/** Digests of all files that the guest's snapshots are made of. */
export async function digests(guest: TestGuest): Promise<string> {
  const records = await (await guest.store()).list();
  const stamps = records.flatMap(({ disks, memory, nvram }) => [...disks, memory, nvram]);
  const paths = stamps.flatMap((stamp) => (stamp === null ? [] : [join(guest.files.folder, stamp.path)]));
  return shell.output({ argv: ["sha256sum", "--", ...new Set(paths)] });
}
