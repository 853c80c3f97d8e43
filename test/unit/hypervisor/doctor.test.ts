import assert from "node:assert/strict";
import { doctor, report } from "../../../cli/doctor";
import { hypervisorsOf } from "../../../cli/hypervisors";
import { UserError } from "../../../definitions/user-error";
import { atLeast } from "../../../definitions/version-order";
import { check } from "../../../hypervisor/doctor/check";
import { checkController, checkNode } from "../../../hypervisor/doctor/controller";
import { checkHypervisor } from "../../../hypervisor/doctor/hypervisor";
import { checkKvm } from "../../../hypervisor/doctor/libvirt";
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

  for (const [reason, remedy] of [
    ["a guest hung for 3 s although /dev/kvm is there", /guests are emulated.*nested virtualisation/],
    ["failed to set MSR 0x10a (QEMU's exit code 134)", /guests are emulated.*nested virtualisation/],
    ["there is no /dev/kvm", /guests are emulated.*load the module kvm_intel/],
    ["user ci may not use /dev/kvm", /guests are emulated.*group kvm/],
  ] as const) {
    it(`reports KVM as not working, with a remedy, when ${reason}`, async () => {
      const kvm = await checkKvm(fakeHost(() => `no\n${reason}\n`));
      assert.equal(kvm.severity, "warning", "guests can be emulated");
      assert.equal(kvm.found, `does not work: ${reason}`);
      assert.match(kvm.remedy, remedy);
    });
  }

  it("is content with KVM that ran a guest", async () => {
    const { severity, remedy } = await checkKvm(fakeHost(() => "yes\na guest ran\n"));
    assert.deepEqual({ severity, remedy }, { severity: "ok", remedy: "" });
  });

  it("finds plugins although pulumi says something else on standard error", async () => {
    const plugins = [{ name: "libvirt", kind: "resource", version: "0.8.3" }];
    const host = fakeHost(([program]) =>
      program === "pulumi" ? { stdout: JSON.stringify(plugins), stderr: "using .guest-farm/state\n" } : {},
    );
    const found = (await checkController(host.shell)).map(({ what, found }) => `${what}: ${found}`);
    assert.ok(found.includes("plugin libvirt: 0.8.3"), found.join("\n"));
    assert.ok(found.includes("plugin command: nothing"), found.join("\n"));
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
    assert.equal(
      report(sections, true),
      "here: 1 of 2 checks passed\n  error: pulumi: nothing; make setup\n",
    );
  });

  it("refuses a hypervisor without its farm, and unknown stacks and names", async () => {
    const folder = `${__dirname}/../../..`;
    const quiet = () => undefined;
    await assert.rejects(doctor({ hypervisor: "rack1" }, quiet), UserError);
    await assert.rejects(doctor({ stack: "no-such-stack", folder }, quiet), UserError);
    await assert.rejects(doctor({ stack: "quickstart", hypervisor: "rack1", folder }, quiet), /rack1/);
  });

  it("looks at a hypervisor that is a guest only from inside, and says so", () => {
    const choice = { stack: "example-03", folder: `${__dirname}/../../..` };
    assert.deepEqual(
      hypervisorsOf("doctor", choice).map(({ name }) => name),
      ["L0-hypervisor"],
    );
    assert.throws(
      () => hypervisorsOf("doctor", { ...choice, hypervisor: "L1-hypervisor" }),
      (error: unknown) =>
        error instanceof UserError &&
        /is guest "debian_vs-amd64" of this farm[\s\S]*guest-farm ssh debian_vs-amd64/.test(error.message),
    );
  });
});
