import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkKeyFiles, keyFileOf, readKeyFile } from "../../../components/guest/key-file";
import { UserError } from "../../../definitions/user-error";
import { generateKeyPair } from "../../../hypervisor/images/ssh-keys";
import { find, registrationsOf } from "./mock-engine";
import { hypervisor, placed } from "./sample-farm";

const guests = (...keys: readonly string[]) =>
  placed({
    hypervisors: { here: {} },
    guests: {
      list: keys.map((key, number) => ({
        platform: "tiny",
        target: "amd64",
        name: `g${number}`,
        auth: { user: "me", key },
      })),
    },
  });

describe("a key file of the user", function () {
  this.timeout(20_000);
  let folder: string;
  let path: string;
  const pair = generateKeyPair("me");
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "guest-farm key's "));
    path = join(folder, "id");
    writeFileSync(path, pair.privateKey, { mode: 0o600 });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("is what the login accepts and what phases get in with", async () => {
    const [definition] = guests(path);
    const made = await registrationsOf(({ BaseImage, CleanSnapshot, Guest, Hypervisor }) => {
      const here = new Hypervisor("here", hypervisor("here"));
      const image = new BaseImage("image", { hypervisor: here, definition: definition!.image });
      new CleanSnapshot("g0", {
        guest: new Guest("g0", { hypervisor: here, image, definition: definition! }),
      });
    });
    const { seed } = find(made, "g0", "Domain").inputs as { seed: Record<string, string> };
    assert.ok(seed["user-data"]?.includes(pair.publicKey.split(" ")[1] ?? "none"));
    assert.ok(!seed["user-data"]?.includes("ssh-ed25519 farm"), "the farm's own key stays out");
    const command = find(made, "g0-lifecycle");
    assert.ok(command.secretInputs.includes("stdin"));
    const spec = JSON.parse(command.inputs["stdin"] as string) as {
      guest: { connection: { privateKey: string } };
    };
    assert.equal(spec.guest.connection.privateKey, pair.privateKey);
    assert.ok(!JSON.stringify(made).includes(path), "no path of this machine is in the state");
  });

  it("is none for the farm's own key and for passwords", () => {
    assert.equal(keyFileOf({ auth: { ...guests("generated")[0]!.auth } }), undefined);
  });

  it("gives its public key", () => {
    const [type, key] = readKeyFile(guests(path)[0]!, path).publicKey.split(" ");
    assert.deepEqual([type, key], pair.publicKey.split(" ").slice(0, 2));
  });

  it("that cannot be used is told with all others at once", () => {
    const missing = join(folder, "missing");
    const text = join(folder, "text");
    const locked = join(folder, "locked");
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    writeFileSync(text, "no key at all\n", { mode: 0o600 });
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "passphrase", "-f", locked]);
    chmodSync(locked, 0o600);
    assert.throws(
      () => checkKeyFiles(guests(missing, path, text, locked, text, pipe)),
      (error) => {
        assert.ok(error instanceof UserError);
        assert.equal(error.mistakes.length, 4);
        for (const file of [missing, text, locked, pipe])
          assert.ok(error.mistakes.some(({ found }) => found?.startsWith(`${file}: `)));
        assert.ok(
          error.mistakes.every(({ path: where, file }) => where === "auth.key" && file !== undefined),
        );
        return true;
      },
    );
  });
});
