import assert from "node:assert/strict";
import { doctor, report } from "../../../cli/doctor";
import { UserError } from "../../../definitions/user-error";
import { atLeast, check } from "../../../hypervisor/doctor/check";
import { checkNode } from "../../../hypervisor/doctor/controller";
import { checkHypervisor } from "../../../hypervisor/doctor/hypervisor";
import { checkDefaultNetwork } from "../../../hypervisor/doctor/libvirt";
import { fakeHost, refusal } from "./fake-host";

describe("doctor", () => {
  for (const [version, wanted, enough] of [
    ["10.2", "9.9", true],
    ["9.9", "9.10", false],
    ["8.5", "8.5", true],
    ["20.20.2", "20", true],
    ["18.1.0", "20", false],
    ["unknown", "1", false],
  ] as const) {
    it(`takes ${version} for ${enough ? "" : "not "}at least ${wanted}`, () => {
      assert.equal(atLeast(version, wanted), enough);
    });
  }

  it("shows a remedy only for what has not passed", () => {
    const verdict = { otherwise: "error", remedy: "do it" } as const;
    assert.equal(check("a", "b", "c", { passed: true, ...verdict }).remedy, "");
    assert.deepEqual(check("a", "b", "c", { passed: false, ...verdict }), {
      what: "a",
      found: "b",
      wanted: "c",
      remedy: "do it",
      severity: "error",
    });
    assert.equal(checkNode("18.0.0").severity, "error");
  });

  it("says what is wrong with a host on which nothing works, and does not throw", async () => {
    const checks = await checkHypervisor(fakeHost(() => refusal("Permission denied")));
    assert.ok(checks.filter(({ severity }) => severity === "error").length >= 4);
    const libvirt = checks.find(({ what }) => what.startsWith("libvirt at"));
    assert.match(libvirt?.remedy ?? "", /group libvirt/);
  });

  it("warns of spanning tree on network default, and is silent without that network", async () => {
    const xml = "<network><bridge name='virbr0' stp='on' delay='0'/></network>";
    assert.equal((await checkDefaultNetwork(fakeHost(() => xml)))[0]?.severity, "warning");
    assert.deepEqual(await checkDefaultNetwork(fakeHost(() => refusal("failed to get network"))), []);
  });

  it("prints a table; briefly only what needs attention", () => {
    const sections = [
      {
        title: "here",
        checks: [
          check("node", "20", "20", { passed: true, otherwise: "error", remedy: "" }),
          check("pulumi", "nothing", "3.x", { passed: false, otherwise: "error", remedy: "make setup" }),
        ],
      },
    ];
    assert.match(
      report(sections, false),
      /1 of 2 checks passed\n.*what.*\nok +node.*\nerror +pulumi.*make setup/,
    );
    assert.ok(!report(sections, true).includes("node"));
  });

  it("refuses a hypervisor without its farm, and unknown stacks and names", async () => {
    const folder = `${__dirname}/../../..`;
    const quiet = () => undefined;
    await assert.rejects(doctor({ hypervisor: "rack1" }, quiet), UserError);
    await assert.rejects(doctor({ stack: "no-such-stack", folder }, quiet), UserError);
    await assert.rejects(doctor({ stack: "quickstart", hypervisor: "rack1", folder }, quiet), /rack1/);
  });
});
