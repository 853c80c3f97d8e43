import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Shell } from "../../connections/shell";
import { BOOT_CODE } from "../../hypervisor/facts/kvm-boot-sector";
import { probeKvm } from "../../hypervisor/facts/kvm-probe";

/** Program of QEMU, and the exit code with which a guest that ran ends it, by architecture of this machine. */
const QEMU = { x64: ["qemu-system-x86_64", 33], arm64: ["qemu-system-aarch64", 0] } as const;

describe("the probe of KVM", function () {
  this.timeout(30_000);
  let folder: string;
  const native = process.arch === "x64" || process.arch === "arm64" ? QEMU[process.arch] : undefined;

  before(function () {
    try {
      accessSync("/dev/kvm", constants.R_OK | constants.W_OK);
    } catch {
      this.skip();
    }
    if (native === undefined) this.skip();
  });
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "guest-farm-kvm-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A host on which QEMU is this script, and writes down that it was run. */
  function hostWith(script: string): Pick<Shell, "output"> {
    const qemu = join(folder, native?.[0] ?? "");
    writeFileSync(qemu, `#!/bin/sh\necho >> ${folder}/runs\n${script}\n`, { mode: 0o755 });
    const env = { ...process.env, PATH: `${folder}:${process.env["PATH"] ?? ""}`, XDG_RUNTIME_DIR: folder };
    return {
      output: ({ argv: [program = "", ...args] }) =>
        Promise.resolve(execFileSync(program, args, { env, encoding: "utf8" })),
    };
  }
  const runs = () => readFileSync(join(folder, "runs"), "utf8").length;
  const probe = (host: Pick<Shell, "output">, again = false) => probeKvm(host as Shell, { again });

  it("believes a guest that ends by itself", async () => {
    assert.deepEqual(await probe(hostWith(`exit ${native?.[1]}`)), { works: true, reason: "a guest ran" });
  });

  it("says why QEMU could not run one, although /dev/kvm is there", async () => {
    const said = `${native?.[0]}: error: failed to set MSR 0x10a to 0x69`;
    const verdict = await probe(hostWith(`echo '${said}' >&2; exit 134`));
    assert.deepEqual(verdict, {
      works: false,
      reason: "failed to set MSR 0x10a to 0x69 (QEMU's exit code 134)",
    });
  });

  it("waits no longer than its time for a guest that hangs", async () => {
    const verdict = await probe(hostWith("exec sleep 20"));
    assert.deepEqual(verdict, { works: false, reason: "a guest hung for 3 s although /dev/kvm is there" });
  });

  it("runs a guest that gets through the count and ends, where something executes it", async function () {
    if (process.arch !== "x64") return this.skip();
    const emulate = `n=$#; while [ $n -gt 0 ]; do a=$1; shift; n=$((n - 1))
      case $a in kvm) a=tcg ;; host) a=max ;; esac; set -- "$@" "$a"; done
      exec /usr/bin/qemu-system-x86_64 "$@"`;
    assert.deepEqual(await probe(hostWith(emulate)), { works: true, reason: "a guest ran" });
  });

  it("boots what its source says", function () {
    const source = join(__dirname, "../../hypervisor/facts/kvm-boot-sector.S");
    execFileSync("as", ["-o", join(folder, "boot.o"), source]);
    execFileSync("ld", [
      "-Ttext",
      "0x7c00",
      "--oformat",
      "binary",
      "-o",
      join(folder, "boot"),
      join(folder, "boot.o"),
    ]);
    const code = readFileSync(join(folder, "boot")).toString("hex");
    assert.equal(code.replace(/(00)+$/, ""), BOOT_CODE);
  });

  it("runs no second guest unless asked to", async () => {
    const host = hostWith("exit 1");
    const verdict = await probe(host);
    assert.deepEqual(await probe(host), verdict);
    assert.equal(runs(), 1);
    await probe(host, true);
    assert.equal(runs(), 2);
  });
});
