import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const SCRIPTS = resolve(__dirname, "../../../hypervisor/images/scripts");

/** Runs a function of the recipes' scripts. */
function bash(text: string, { input = "", args = [] as string[], path = process.env.PATH } = {}) {
  const sources = ["lib.sh", "install-way.sh", "second-stage.sh", "unpack-system.sh"];
  const script = [...sources.map((name) => `. "$SCRIPTS/${name}"`), text].join("\n");
  const env = { SCRIPTS, PATH: path };
  return spawnSync("/bin/bash", ["--norc", "-c", script, "bash", ...args], { input, env, encoding: "utf8" });
}

describe("where the scripts of a system's packages run", () => {
  const folder = mkdtempSync(join(tmpdir(), "second-stage-"));
  after(() => rmSync(folder, { recursive: true }));
  const way = (host: string, arch: string, table: string) =>
    bash('install_way "$@"', { args: [host, arch, table] }).stdout.trim();
  const table = (name: string, entries: Readonly<Record<string, string>>) => {
    mkdirSync(join(folder, name));
    for (const [entry, state] of Object.entries(entries)) {
      writeFileSync(join(folder, name, entry), `${state}\ninterpreter /usr/bin/qemu\n`);
    }
    return join(folder, name);
  };

  it("on the host, for its own architecture and what its kernel has an emulator for", () => {
    const none = join(folder, "none");
    assert.equal(way("amd64", "amd64", none), "host");
    assert.equal(way("arm64", "arm64", none), "host");
    assert.equal(way("amd64", "arm64", table("arm", { "qemu-aarch64": "enabled" })), "host");
    assert.equal(way("arm64", "amd64", table("intel", { "qemu-x86_64": "enabled" })), "host");
  });

  it("in a guest, where the kernel has none, another one, or one that is switched off", () => {
    assert.equal(way("amd64", "arm64", join(folder, "none")), "guest");
    assert.equal(way("amd64", "arm64", table("other", { "qemu-riscv64": "enabled" })), "guest");
    assert.equal(way("amd64", "arm64", table("off", { "qemu-aarch64": "disabled" })), "guest");
  });

  it("names the package of an emulator that is missing, and how to do without", () => {
    const missing = bash("need_emulator arm64", { path: "/nonexistent" });
    assert.equal(missing.status, 65);
    assert.match(
      missing.stderr,
      /^! this host has no qemu-system-aarch64, .*\n! apt-get install qemu-system-arm /m,
    );
    const unknown = bash("need_emulator amd64");
    assert.equal(unknown.status, 65);
    assert.match(unknown.stderr, /^! apt-get install qemu-user-static binfmt-support on it, or/m);
  });
});

describe("the second stage of a system of another architecture", () => {
  const told = (input: string) => {
    const { status, stdout } = bash("told_progress 40", { input });
    return { status, said: stdout.trim().split("\n").filter(Boolean) };
  };
  const settingUp = (count: number) => "Setting up libc6:arm64 (2.36-9) ...\n".repeat(count);

  it("tells people how far it is, and that it came to its end", () => {
    const said = `[    0.1] a kernel's line\n${settingUp(20)}@ finishing the system\nsecond stage: done\n`;
    assert.deepEqual(told(said), {
      status: 0,
      said: ["@ 20 of 40 packages are set up", "@ finishing the system"],
    });
  });

  it("failed when the machine stops before", () => {
    assert.deepEqual(told(`${settingUp(25)}Kernel panic\n`), {
      status: 1,
      said: ["@ 20 of 40 packages are set up"],
    });
    assert.equal(told("").status, 1);
  });

  it("is given up when the machine says nothing any more", () => {
    const hanging = bash("SILENCE=1; exec 3< <(echo one; exec sleep 30); tee_lines /dev/null <&3; kill $!");
    assert.deepEqual(hanging.stdout, "one\nno word from the machine for 1 s: it was given up\n");
  });

  const table = (...states: string[]) =>
    states.map((state, index) => `Package: p${index}\nStatus: ${state}\nVersion: 1\n`).join("\n");
  const installed = (input: string) => bash("not_installed", { input });

  it("is believed only where dpkg's table has every package installed", () => {
    assert.equal(installed(table("install ok installed", "install ok installed")).status, 0);
    const half = installed(table("install ok installed", "install ok half-configured"));
    assert.deepEqual([half.status, half.stderr], [1, "p1: Status: install ok half-configured\n"]);
    assert.equal(installed("").status, 1);
  });
});

describe("a package with a script of another architecture", () => {
  const folder = mkdtempSync(join(tmpdir(), "preinst-"));
  after(() => rmSync(folder, { recursive: true }));

  it("is unpacked without it, and the script is kept for later", () => {
    const script = `
      mkdir -p "$1/p/DEBIAN" "$1/kept"; cd "$1"
      printf 'Package: p\\nVersion: 1\\nArchitecture: arm64\\nMaintainer: m\\nDescription: d\\n' > p/DEBIAN/control
      dpkg-deb -Znone -b p plain.deb > /dev/null
      printf '#!/bin/sh\\n' > p/DEBIAN/preinst; cp p/DEBIAN/preinst p/DEBIAN/postinst; chmod 755 p/DEBIAN/p*
      dpkg-deb -Znone -b p p.deb > /dev/null
      WORK=$1; without_preinst plain.deb kept; without_preinst p.deb kept
      ls kept; dpkg-deb --ctrl-tarfile p.deb | tar -t | grep inst`;
    assert.equal(bash(script, { args: [folder] }).stdout, "p\n./postinst\n");
  });
});
