import assert from "node:assert/strict";
import { farm, mistakesOf } from "./fixtures";

const guest = (text: string) => farm(`guests: {list: [{platform: tiny, target: amd64, ${text}}]}`);
const host = (connection: string) =>
  farm(`guests: {list: []}\nhypervisors: {board: {connection: ${connection}}}`);

describe("names that other programs read", () => {
  const long = "a".repeat(300);
  for (const [text, path] of [
    ['hostname: "two words"', "hostname"],
    [`hostname: ${long}`, "hostname"],
    ['hostname: "-x"', "hostname"],
    ['seed: {users: [{name: "a\\nroot"}]}', "seed.users[0].name"],
    ['seed: {users: [{name: "a:b"}]}', "seed.users[0].name"],
    ['seed: {users: [{name: a, shell: "/bin/sh\\nx"}]}', "seed.users[0].shell"],
    ['seed: {users: [{name: a, groups: ["x\\ny"]}]}', "seed.users[0].groups[0]"],
    ['seed: {files: [{path: /a, content: "", mode: "9999"}]}', "seed.files[0].mode"],
    ['seed: {files: [{path: /a, content: "", owner: "a\\nb"}]}', "seed.files[0].owner"],
    ["seed: {timezone: Europe/Atlantis}", "seed.timezone"],
    ['auth: {user: "-oX"}', "auth.user"],
    ['connection: {type: ssh, address: "a b"}', "connection.address"],
  ] as const) {
    it(`are refused: ${text.slice(0, 60)}`, () => {
      const [mistake, ...others] = mistakesOf(() => guest(text));
      assert.equal(mistake?.path, `guests.list[0].${path}`);
      assert.ok(mistake.allowed !== undefined);
      assert.deepEqual(others, []);
    });
  }

  it("may be what systems use", () => {
    const text =
      "hostname: my_guest-1.lab, seed: {timezone: Etc/UTC, users: [{name: a.b-c_d$}], " +
      'files: [{path: /a, content: "", mode: "0o644", owner: "a:b"}]}';
    assert.equal(guest(text).guests[0]?.hostname, "my_guest-1.lab");
  });

  for (const address of ["a b", "h:99999", "50%@h", "-oProxyCommand=x", "h:0"]) {
    it(`are refused as a hypervisor's address: ssh://${address}`, () => {
      const [mistake, ...others] = mistakesOf(() => host(`"ssh://${address}"`));
      assert.equal(mistake?.path, "hypervisors.board.connection");
      assert.match(mistake.allowed ?? "", /ssh:\/\/\[user@\]host\[:port\]/);
      assert.deepEqual(others, []);
    });
  }

  it("may be a hypervisor's address with user and port", () => {
    const [board] = host('"ssh://a%40b@h.example:2222"').hypervisors;
    assert.deepEqual(board?.connection, { type: "ssh", host: "h.example", user: "a@b", port: 2222 });
  });
});
