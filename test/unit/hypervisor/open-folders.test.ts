import assert from "node:assert/strict";
import { UserError } from "../../../definitions/user-error";
import { openFolders } from "../../../hypervisor/access/open-folders";
import { checkTools } from "../../../hypervisor/doctor/tools";
import { fakeHost } from "./fake-host";

describe("the way to the folders of a hypervisor", () => {
  const hostThat = (answer: { exitCode: number; stdout?: string; stderr?: string }, repairAccess = true) => {
    const host = fakeHost(() => answer);
    return { ...host, spec: { ...host.spec, repairAccess } };
  };

  it("is left alone unless the farm file allows to change it", async () => {
    const host = hostThat({ exitCode: 4, stdout: "/home/me\n" }, false);
    await openFolders(host);
    assert.deepEqual(host.commands, []);
  });

  for (const [why, answer, remedy] of [
    ["there is no setfacl", { exitCode: 3, stdout: "/home/me\n" }, /apt-get install acl/],
    [
      "the file system refuses",
      { exitCode: 4, stdout: "/home/me\n", stderr: "setfacl: not supported\n" },
      /chmod o\+x \/home\/me/,
    ],
  ] as const) {
    it(`is an error with its remedy when ${why}`, async () => {
      await assert.rejects(openFolders(hostThat(answer)), (error) => {
        assert.ok(error instanceof UserError);
        const [mistake] = error.mistakes;
        assert.match(mistake?.what ?? "", /folder \/home\/me of hypervisor "local"/);
        assert.match(mistake?.remedy ?? "", remedy);
        return true;
      });
    });
  }

  it("needs setfacl only where it is to be changed", async () => {
    const tools = async (repairAccess: boolean) =>
      (await checkTools(hostThat({ exitCode: 0 }, repairAccess))).map(({ what }) => what);
    assert.equal((await tools(true)).includes("setfacl"), true);
    assert.equal((await tools(false)).includes("setfacl"), false);
  });
});
