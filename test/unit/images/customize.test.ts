import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { customize } from "../../../hypervisor/images/steps/customize";
import { SCRIPTS_FOLDER, type ScriptCall, type Workshop } from "../../../hypervisor/images/workshop";
import { fakeHost } from "../hypervisor/fake-host";

/** What the script is called with on a host with this verdict about KVM. */
async function callOn(verdict: string): Promise<ScriptCall> {
  const calls: ScriptCall[] = [];
  const host = fakeHost((argv) => {
    if (argv.some((text) => text.includes("blockdev"))) return "1048576\n";
    return argv.some((text) => text.includes("/dev/kvm")) ? verdict : undefined;
  });
  const workshop: Workshop = {
    host,
    folder: "/work",
    observer: { progress: () => undefined, warning: () => undefined },
    controllerFile: (path) => path,
    signal: new AbortController().signal,
    stage: () => Promise.resolve(),
    run: (call) => {
      if (call.script === "confine.sh") return Promise.resolve('{"virtual-size": 1048576}');
      calls.push(call);
      return Promise.resolve("");
    },
  };
  await customize(workshop, "/work/image", { kind: "customize", packages: ["vim"], commands: [], files: [] });
  const [call] = calls;
  assert.ok(call !== undefined && calls.length === 1);
  return call;
}

describe("customizing an image", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "guest-farm-customize-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Runs the script with a virt-customize that says what it was given. */
  function run(args: readonly string[]): string[] {
    const fake = join(folder, "virt-customize");
    writeFileSync(fake, '#!/bin/sh\necho "settings=$LIBGUESTFS_BACKEND_SETTINGS"\nprintf "%s\\n" "$@"\n');
    chmodSync(fake, 0o755);
    const env = { ...process.env };
    delete env["LIBGUESTFS_BACKEND_SETTINGS"];
    return execFileSync("bash", [join(SCRIPTS_FOLDER, "customize.sh"), ...args], {
      env: { ...env, PATH: `${folder}:${process.env["PATH"] ?? ""}` },
      encoding: "utf8",
    })
      .trim()
      .split("\n");
  }
  const wanted = ["--add", "/work/image", "--format", "raw", "--install", "vim"];

  it("is emulated where KVM was seen to hang", async () => {
    const { args } = await callOn("no\na guest hung for 3 s although /dev/kvm is there\n");
    assert.deepEqual(run(args), ["settings=force_tcg", ...wanted]);
  });

  it("may use a KVM that was seen to work", async () => {
    const { args } = await callOn("yes\na guest ran\n");
    assert.deepEqual(run(args), ["settings=", ...wanted]);
  });
});
