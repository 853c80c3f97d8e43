import assert from "node:assert/strict";
import { resolve } from "node:path";

interface Services {
  readonly startCommand: (
    daemon: string,
    machine: { systemd: boolean; tini: string | undefined },
  ) => { argv: string[]; stays: boolean };
}

describe("libvirt's daemons", () => {
  let startCommand: Services["startCommand"];
  before(async () => {
    const module: string = resolve(__dirname, "../../../toolchain/parts/services.mjs");
    ({ startCommand } = (await import(module)) as Services);
  });

  it("are started by systemd where it runs the machine", () => {
    assert.deepEqual(startCommand("libvirtd", { systemd: true, tini: "/usr/bin/tini" }), {
      argv: ["systemctl", "start", "libvirtd"],
      stays: false,
    });
  });

  it("run under tini elsewhere, which adopts the guests and sees at once that one has ended", () => {
    assert.deepEqual(startCommand("libvirtd", { systemd: false, tini: "/usr/bin/tini" }), {
      argv: ["/usr/bin/tini", "-s", "--", "libvirtd"],
      stays: true,
    });
  });

  it("become daemons by themselves where there is neither", () => {
    assert.deepEqual(startCommand("virtlogd", { systemd: false, tini: undefined }), {
      argv: ["virtlogd", "-d"],
      stays: false,
    });
  });
});
