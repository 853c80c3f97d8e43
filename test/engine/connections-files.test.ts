import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { CommandError, LinkLostError } from "../../connections/shell";
import { SshGuest, type SshGuestSpec } from "../../connections/ssh/guest";
import { startLoopbackSshd, type LoopbackSshd } from "../support/loopback-sshd";

const COPY = { timeoutMs: 20_000 };

describe("files of a guest over OpenSSH", () => {
  let sshd: LoopbackSshd;
  let guest: SshGuest;
  let folder: string;
  const user = userInfo().username;

  const spec = (changes: Partial<SshGuestSpec> = {}): SshGuestSpec => ({
    address: "127.0.0.1",
    port: sshd.port,
    user,
    privateKey: sshd.privateKey,
    hostKeys: [sshd.hostKey],
    os: "linux",
    via: [{ type: "local" }],
    ...changes,
  });
  before(async () => {
    sshd = await startLoopbackSshd();
    guest = new SshGuest(spec());
    folder = mkdtempSync(join(tmpdir(), "gf-guest-"));
  });
  after(async () => {
    await guest.close();
    await sshd.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const name = `a b "q" $(x) 'y' \\ *`;

  it("are written whole, with mode, parents made", async () => {
    const path = join(folder, "new", name, "f");
    const content = Buffer.from([0, 1, 254, 255, 10, 13]);
    await guest.write(path, content, { ...COPY, mode: "0751" });
    assert.deepEqual(readFileSync(path), content);
    assert.equal(statSync(path).mode & 0o777, 0o751);
    await guest.write(path, Buffer.alloc(0), COPY);
    assert.equal(readFileSync(path).length, 0);
    assert.deepEqual(readdirSync(join(folder, "new", name)), ["f"]);
  });

  it("are not written over a folder", async () => {
    await assert.rejects(
      guest.write(folder, Buffer.from("x"), COPY),
      (error) => error instanceof CommandError && /is a folder/.test(error.message),
    );
  });

  it("of 30 MB go there and back", async () => {
    const content = Buffer.alloc(30_000_000, "guest-farm ");
    const local = join(folder, "big");
    writeFileSync(local, content, { mode: 0o640 });
    await guest.copyTo(local, join(folder, "there"), COPY);
    assert.ok(readFileSync(join(folder, "there")).equals(content));
    assert.equal(statSync(join(folder, "there")).mode & 0o777, 0o640);
    await guest.copyFrom(join(folder, "there"), join(folder, "back", "big"), COPY);
    assert.ok(readFileSync(join(folder, "back", "big")).equals(content));
  });

  it("in folders go there and back, with names and modes", async () => {
    const local = join(folder, "tree");
    mkdirSync(join(local, name, "empty"), { recursive: true });
    writeFileSync(join(local, name, "run me"), "#!/bin/sh\n");
    chmodSync(join(local, name, "run me"), 0o750);
    await guest.copyTo(local, join(folder, "tree2"), COPY);
    assert.equal(statSync(join(folder, "tree2", name, "run me")).mode & 0o777, 0o750);
    assert.ok(statSync(join(folder, "tree2", name, "empty")).isDirectory());
    await guest.copyFrom(join(folder, "tree2"), join(folder, "tree3"), COPY);
    assert.equal(readFileSync(join(folder, "tree3", name, "run me"), "utf8"), "#!/bin/sh\n");
    await guest.copyTo(local, join(folder, "tree2"), { ...COPY, mode: "0600" });
    assert.equal(statSync(join(folder, "tree2", name, "run me")).mode & 0o777, 0o600);
  });

  it("come without links that lead out, pipes and special modes, and never through a link", async () => {
    const hostile = join(folder, "hostile");
    mkdirSync(hostile);
    symlinkSync(folder, join(hostile, "out"));
    writeFileSync(join(hostile, "program"), "x");
    chmodSync(join(hostile, "program"), 0o4755);
    execFileSync("mkfifo", [join(hostile, "pipe")]);
    const artifacts = join(folder, "artifacts");
    const leftOut: string[] = [];
    const options = {
      ...COPY,
      within: artifacts,
      onLeftOut: ({ path }: { path: string }) => leftOut.push(path),
    };
    await guest.copyFrom(hostile, join(artifacts, "hostile"), options);
    assert.deepEqual(leftOut, ["out", "pipe"]);
    assert.deepEqual(readdirSync(join(artifacts, "hostile")), ["program"]);
    assert.equal(statSync(join(artifacts, "hostile", "program")).mode & 0o7777, 0o755);
    symlinkSync(folder, join(artifacts, "planted"));
    const through = guest.copyFrom(join(hostile, "program"), join(artifacts, "planted", "evil"), options);
    await assert.rejects(through, /is in the way/);
    assert.ok(!readdirSync(folder).includes("evil"));
    const limits = { bytes: 1_000_000, files: 10 };
    const endless = guest.copyFrom("/dev/zero", join(artifacts, "zero"), { ...options, limits });
    await assert.rejects(endless, /fetchLimit\.size/);
    assert.ok(!readdirSync(artifacts).includes("zero"));
  });

  it("that are not there cannot be fetched, and nothing is left of the try", async () => {
    const target = join(folder, "nothing");
    await assert.rejects(
      guest.copyFrom("/no/such file", target, COPY),
      /there is no \/no\/such file in the guest/,
    );
    assert.ok(!readdirSync(folder).some((entry) => entry.startsWith("nothing")));
  });

  it("keep their old content when a transfer breaks", async () => {
    const path = join(folder, "kept");
    writeFileSync(path, "old");
    const running = guest.write(path, Buffer.alloc(200_000_000), COPY);
    await new Promise((resolve) => setTimeout(resolve, 150));
    sshd.cut();
    await assert.rejects(running, LinkLostError);
    assert.equal(readFileSync(path, "utf8"), "old");
  });
});
