import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { guestSeed, type SeedParts } from "../../../components/guest/seed";
import { placed } from "./sample-farm";

const parts = (item: Readonly<Record<string, unknown>>, over: Partial<SeedParts> = {}): SeedParts => ({
  definition: placed({
    hypervisors: { here: {} },
    guests: { list: [{ platform: "tiny", target: "amd64", name: "one", ...item }] },
  })[0]!,
  secrets: { password: undefined, becomePassword: undefined, users: {} },
  hostKey: { privateKey: "PRIVATE", publicKey: "ssh-ed25519 HOST" },
  authorizedKey: "ssh-ed25519 FARM",
  farm: "farm-1",
  keySalt: "salt",
  ...over,
});

interface CloudUser {
  readonly name: string;
  readonly ssh_authorized_keys?: string[];
  readonly passwd?: string;
  readonly hashed_passwd?: string;
}

function usersOf(seed: Record<string, string> | undefined): CloudUser[] {
  return (parse(seed?.["user-data"] ?? "") as { users: CloudUser[] }).users;
}

const hashOf = (user: CloudUser | undefined) => user?.passwd ?? user?.hashed_passwd;

describe("seed of a guest", () => {
  const folder = mkdtempSync(join(tmpdir(), "guest-farm-seed-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("is none when the definition says so", () => {
    assert.equal(guestSeed(parts({ seed: false })), undefined);
  });

  it("lets the farm's key in as the login user, and pins the host key", () => {
    const seed = guestSeed(parts({ auth: { user: "me", key: "generated" } }));
    const me = usersOf(seed).find(({ name }) => name === "me");
    assert.deepEqual(me?.ssh_authorized_keys, ["ssh-ed25519 FARM"]);
    assert.match(seed?.["user-data"] ?? "", /PRIVATE/);
  });

  it("adds the farm's key to those that the definition gives the login user", () => {
    const seed = guestSeed(
      parts({
        auth: { user: "me", key: "generated" },
        seed: {
          users: [
            { name: "me", keys: ["ssh-ed25519 OWN"] },
            { name: "other", keys: ["ssh-ed25519 O"] },
          ],
        },
      }),
    );
    const users = usersOf(seed);
    const me = users.filter(({ name }) => name === "me");
    assert.deepEqual(me[0]?.ssh_authorized_keys, ["ssh-ed25519 OWN", "ssh-ed25519 FARM"]);
    assert.equal(me.length, 1);
    assert.deepEqual(users.find(({ name }) => name === "other")?.ssh_authorized_keys, ["ssh-ed25519 O"]);
  });

  it("has passwords as hashes that are the same in every run, and differ by farm", () => {
    const item = { auth: { user: "me", password: { secret: "pw" } } };
    const secrets = { password: "open sesame", becomePassword: undefined, users: {} };
    const [first, second] = [guestSeed(parts(item, { secrets })), guestSeed(parts(item, { secrets }))];
    assert.deepEqual(first, second);
    assert.ok(!JSON.stringify(first).includes("open sesame"));
    const me = usersOf(first).find(({ name }) => name === "me");
    assert.match(hashOf(me) ?? "", /^\$6\$/);
    assert.equal(me?.ssh_authorized_keys, undefined);
    const elsewhere = usersOf(guestSeed(parts(item, { secrets, keySalt: "another" })));
    assert.notEqual(hashOf(elsewhere.find(({ name }) => name === "me")), hashOf(me));
  });

  it("gives root the password that `su` asks for", () => {
    const auth = {
      user: "me",
      key: "generated",
      become: { user: "root", method: "su", password: { secret: "r" } },
    };
    const secrets = { password: undefined, becomePassword: "root's", users: {} };
    const root = usersOf(guestSeed(parts({ auth }, { secrets }))).find(({ name }) => name === "root");
    assert.match(hashOf(root) ?? "", /^\$6\$/);
    const sudo = { ...auth, become: { ...auth.become, method: "sudo" } };
    assert.ok(!usersOf(guestSeed(parts({ auth: sudo }, { secrets }))).some(({ name }) => name === "root"));
  });

  it("takes the user's own user data instead of ours, and says when it is not there", () => {
    const userDataFile = join(folder, "user-data.yaml");
    writeFileSync(userDataFile, "#cloud-config\nruncmd: [own user data]\n");
    assert.match(guestSeed(parts({ seed: { userDataFile } }))?.["user-data"] ?? "", /own user data/);
    writeFileSync(userDataFile, "#cloud-config\nruncmds: []\n");
    assert.throws(
      () => guestSeed(parts({ seed: { userDataFile } })),
      /user-data\.yaml: runcmds: .*\n.*\n.*"runcmd"/,
    );
    assert.throws(
      () => guestSeed(parts({ seed: { userDataFile: "gone.yaml" } })),
      /gone\.yaml: the user data of guest "one" cannot be read/,
    );
  });

  it("names the instance after farm and domain, so that two farms never share one", () => {
    const idOf = (farm: string) =>
      (parse(guestSeed(parts({}, { farm }))?.["meta-data"] ?? "") as Record<string, unknown>)["instance-id"];
    assert.notEqual(idOf("farm-1"), idOf("farm-2"));
  });
});
