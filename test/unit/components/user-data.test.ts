import assert from "node:assert/strict";
import { userDataMistakes } from "../../../components/guest/user-data";
import { formatMistake } from "../../../definitions/user-error";

const told = (text: string) => userDataMistakes(text, "user-data.yaml").map(formatMistake).join("\n");
const config = (text: string) => told(`#cloud-config\n${text}`);

describe("a user's own user data", () => {
  it("passes with what cloud-init knows", () => {
    const text = `
hostname: web
users: [default, { name: me, sudo: "ALL=(ALL) NOPASSWD:ALL" }]
ssh_authorized_keys: [ssh-ed25519 AAAA]
packages: [git, [curl, "7.88"]]
write_files: [{ path: /etc/motd, content: hello }]
runcmd: [echo hello, [ls, -l]]
ca-certs: { trusted: [] }
ca_certs: { trusted: [] }
apt: { preserve_sources_list: true }
growpart: { mode: auto }
a_key_of_the_year_2030: { x: 1 }
`;
    assert.equal(config(text), "");
    assert.equal(config(""), "");
  });

  for (const first of [
    "#!/bin/sh",
    "#include https://x",
    "## template: jinja",
    "Content-Type: multipart/mixed",
    "#cloud-boothook",
  ]) {
    it(`of another kind is left to cloud-init: ${first}`, () =>
      assert.equal(told(`${first}\nwhatever: [`), ""));
  }

  it("without a first line that says what it is would be ignored", () => {
    assert.match(
      told("users: []\n"),
      /^user-data.yaml:1: .*ignore[\s\S]*found: +"users: \[\]"[\s\S]*#cloud-config above/,
    );
    assert.match(told(""), /ignore/);
    assert.match(told("# cloud-config\nusers: []"), /ignore/);
  });

  it("that is not YAML is shown where", () => {
    assert.match(config("users: [\n"), /^user-data.yaml:\d+:\d+: the user data is not valid YAML/);
    assert.match(config("- a\n"), /has to be a map/);
  });

  it("cannot switch off what keeps the guest's host keys, unless it keeps them itself", () => {
    assert.match(
      config("vendor_data: { enabled: false }"),
      /^user-data.yaml: vendor_data.enabled: .*new host keys[\s\S]*found: +false[\s\S]*manual_cache_clean/,
    );
    assert.match(config('vendor_data: { enabled: "false" }'), /host keys/);
    assert.equal(config("vendor_data: { enabled: true, prefix: [/usr/bin/env] }"), "");
    const own = `write_files: [{ path: /etc/cloud/cloud.cfg.d/9.cfg, content: "manual_cache_clean: true" }]`;
    assert.equal(config(`vendor_data: { enabled: false }\n${own}`), "");
  });

  it("with a slip in a key is told what was meant", () => {
    assert.match(
      config("pakages: [git]"),
      /pakages: cloud-init knows no such key[\s\S]*did you mean "packages"/,
    );
    assert.match(config("writefiles: []"), /did you mean "write_files"/);
  });

  it("with values of the wrong kind is told which, all at once", () => {
    const text = "runcmd: ls\nwrite_files: [{ content: x }]\nhostname: [a]\n";
    const found = config(text);
    assert.match(found, /runcmd: [\s\S]*a list of commands/);
    assert.match(found, /write_files\.0\.path: [\s\S]*a path/);
    assert.match(found, /hostname: [\s\S]*a name/);
  });
});
