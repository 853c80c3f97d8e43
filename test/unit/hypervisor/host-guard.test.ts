import assert from "node:assert/strict";
import { GUARD_EXIT } from "../../../hypervisor/firewall/guard-script";
import { checkHostGuard, closeHostTo, forgetInHostGuard } from "../../../hypervisor/firewall/host-guard";
import { fakeHost } from "./fake-host";

describe("keeping a guest from its hypervisor", () => {
  it("names the guest and the ports that stay open", async () => {
    const fake = fakeHost(() => "");
    const host = { ...fake, spec: { ...fake.spec, hostAccess: [3142, 8080] } };
    assert.equal(await closeHostTo(host, "farm.my guest", []), null);
    const [argv = []] = fake.commands;
    assert.equal(argv[4], "close");
    assert.match(argv[5] ?? "", /^farm\.my-guest~[0-9a-f]{8}$/);
    assert.deepEqual(argv.slice(6), ["farm.my guest", "3142", "8080"]);
  });

  it("asks nothing in a session, and is a warning of the doctor there", async () => {
    const fake = fakeHost(() => "");
    for (const uri of ["qemu:///session", "qemu:///session?socket=/run/x"]) {
      const host = { ...fake, spec: { ...fake.spec, uri } };
      assert.equal(await closeHostTo(host, "one", []), null);
      await forgetInHostGuard(host, "one");
      const { severity, found } = await checkHostGuard(host);
      assert.equal(severity, "warning");
      assert.match(found, /session/);
    }
    assert.deepEqual(fake.commands, []);
  });

  for (const [exitCode, why] of [
    [GUARD_EXIT.noRights, /only root can close them/],
    [GUARD_EXIT.noTool, /neither iptables nor nft/],
    [GUARD_EXIT.unfitUser, /QEMU runs as somebody/],
    [GUARD_EXIT.refused, /could not be changed: no such table/],
  ] as const) {
    it(`says why the host stays open: exit code ${exitCode}`, async () => {
      const host = fakeHost(() => ({ exitCode, stdout: "somebody\n", stderr: "no such table\n" }));
      const text = (await closeHostTo(host, "one", [])) ?? "";
      assert.match(text, /^guests can reach services on the own addresses of hypervisor "local": /);
      assert.match(text, why);
      const { severity, found, remedy } = await checkHostGuard(host);
      assert.equal(severity, "warning");
      assert.match(found, why);
      assert.notEqual(remedy, "");
    });
  }
});
