import assert from "node:assert/strict";
import { hypervisorHost } from "../../../hypervisor/host";
import { Patience } from "../../../hypervisor/patience";
import { guestPower } from "../../../hypervisor/power";
import { explainStartFailure } from "../../../hypervisor/start-failure";
import { fakeHost, refusal } from "./fake-host";

describe("guest power", () => {
  for (const [said, state] of [
    ["shut off\n\n", "off"],
    ["running\n", "on"],
    ["paused\n", "on"],
    ["pmsuspended\n", "on"],
    ["crashed\n", "on"],
    ["in shutdown\n", "on"],
  ] as const) {
    it(`takes "${said.trim()}" for ${state}`, async () => {
      assert.equal(
        await guestPower(
          fakeHost(() => said),
          "web",
        ).state(),
        state,
      );
    });
  }

  it("knows a missing domain from a libvirt that does not answer", async () => {
    const missing = fakeHost(() => refusal("failed to get domain 'web'"));
    assert.equal(await guestPower(missing, "web").state(), "missing");
    const dead = fakeHost(() => refusal("failed to connect to the hypervisor\nerror: no socket"));
    await assert.rejects(guestPower(dead, "web").state(), /failed to connect/);
    const both = fakeHost(() => refusal("failed to get domain 'web'\nerror: connection reset"));
    await assert.rejects(guestPower(both, "web").state(), /connection reset/);
  });

  it("asks again at every try and says that the guest went by itself", async () => {
    let asked = 0;
    const host = fakeHost(([, command]) => {
      if (command === "shutdown") asked += 1;
      return command === "domstate" ? (asked === 2 ? "shut off\n" : "running\n") : undefined;
    });
    assert.equal(await guestPower(host, "web").shutDown({ tries: 5, delayMs: 20 }), "graceful");
    assert.equal(asked, 2);
    assert.ok(!host.commands.some(([, command]) => command === "destroy"));
  });

  it("forces the guest off after all tries, even if it refuses to be asked", async () => {
    let on = true;
    const host = fakeHost(([, command]) => {
      if (command === "shutdown") return refusal("Guest agent is not responding");
      if (command === "destroy") on = false;
      return command === "domstate" ? (on ? "running\n" : "shut off\n") : undefined;
    });
    assert.equal(await guestPower(host, "web").shutDown({ tries: 3, delayMs: 10 }), "forced");
    assert.equal(host.commands.filter(([, command]) => command === "shutdown").length, 3);
    assert.equal(host.commands.filter(([, command]) => command === "destroy").length, 1);
  });

  it("tries twice to power off a guest that hangs, then says so", async () => {
    const host = fakeHost(([, command]) =>
      command === "destroy" ? refusal("Failed to terminate process 7: Device or resource busy") : "running\n",
    );
    await assert.rejects(guestPower(host, "web").powerOff(), /resource busy/);
    assert.equal(host.commands.filter(([, command]) => command === "destroy").length, 2);
  });

  /** A libvirt that is being restarted for the first calls of a command. */
  function restarting(command: string, times: number, others: Readonly<Record<string, string>>) {
    let left = times;
    const host = fakeHost(([, asked = ""]) => {
      if (asked !== command || left === 0) return others[asked];
      left -= 1;
      return refusal("failed to connect to the hypervisor\nerror: Failed to connect socket");
    });
    const said: string[] = [];
    let now = 0;
    const clock = { now: () => now, sleep: (ms: number) => Promise.resolve(void (now += ms)) };
    const patience = new Patience("fake", (text) => said.push(text), clock);
    const patient = hypervisorHost(host.spec, host.shell, { patience });
    return { host, patient, said };
  }

  it("is asked for again while libvirt is being restarted, and says so", async () => {
    const { patient, said, host } = restarting("domstate", 2, { domstate: "running\n" });
    assert.equal(await guestPower(patient, "web").state(), "on");
    assert.equal(host.commands.length, 3);
    assert.match(said[0]!, /libvirt on fake is away \(Failed to connect socket\); asking again/);
    assert.equal(said.at(-1), "libvirt on fake answers again");
  });

  it("is switched off although libvirt is being restarted meanwhile", async () => {
    const { patient, host } = restarting("destroy", 20, {});
    const power = guestPower(patient, "web");
    await patient.virsh(["version"]);
    await power.powerOff();
    assert.equal(host.commands.filter(([, command]) => command === "destroy").length, 21);
  });

  it("is asked for once where the answer is definite", async () => {
    for (const [said, seen] of [
      ["failed to get domain 'web'", "missing"],
      ["failed to connect to the hypervisor\nerror: authentication unavailable: no polkit agent", null],
    ] as const) {
      const host = fakeHost(() => refusal(said));
      const patience = new Patience("fake", () => undefined);
      const power = guestPower(hypervisorHost(host.spec, host.shell, { patience }), "web");
      if (seen === null) await assert.rejects(power.state(), /no polkit agent/);
      else assert.equal(await power.state(), seen);
      assert.equal(host.commands.length, 1);
    }
  });

  it("drops a managed save at the start, and is content with a guest that is on", async () => {
    const host = fakeHost(() => refusal("Failed to start domain 'web'\nerror: Domain is already active"));
    await guestPower(host, "web").start();
    assert.deepEqual(host.commands[0], ["virsh", "start", "--force-boot", "--domain", "web"]);
  });
});

describe("a guest that cannot be started", () => {
  for (const [said, why] of [
    [
      "error: internal error: process exited while connecting to monitor: 2026-11-21 qemu-system-x86_64: -netdev user,id=n0: Could not set up host forwarding rule 'tcp:127.0.0.1:2201-:22'",
      /^port 2201 of 127\.0\.0\.1, which should lead to port 22 of the guest, is in use/,
    ],
    [
      "qemu-system-x86_64: cannot set up guest memory 'pc.ram': Cannot allocate memory",
      /not enough free memory/,
    ],
    ["error: failed to set MSR 0x10a to 0x69", /KVM does not work/],
    ["error: Requested operation is not valid: network 'lan' is not active", /"lan" is not active/],
    ["error: Network not found: no network with matching name 'lan'", /"lan" does not exist/],
    ["error: Cannot get interface MTU on 'br7': No such device", /bridge "br7" does not exist/],
    [
      "error: Cannot access storage file '/p/vda.qcow2': No such file or directory",
      /"\/p\/vda.qcow2" is missing/,
    ],
    [
      "error: Cannot access storage file '/p/vda.qcow2' (as uid:64055, gid:64055): Permission denied",
      /may not read "\/p\/vda.qcow2"/,
    ],
    [
      'qemu-system-x86_64: -blockdev {"filename":"/p/m.img"}: Could not open \'/p/m.img\': Permission denied',
      /may not read "\/p\/m.img"/,
    ],
    [
      "qemu-system-x86_64: -blockdev {}: Could not open '/p/m.img': No such file or directory",
      /disk file "\/p\/m.img" is missing/,
    ],
    ["error: Could not open '/p/m.img': Is a directory", /Could not open '\/p\/m.img': Is a directory/],
    ['qemu: Failed to get "write" lock\nIs another process using the image?', /another process uses/],
    ["error: Failed to start domain 'web'\nerror: something new", /^something new$/],
  ] as const) {
    it(`because of ${said.slice(0, 60)}... says ${why.source}`, () => {
      assert.match(explainStartFailure(said), why);
    });
  }
});
