import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { LifecycleSpec } from "../../../cli/lifecycle/spec";
import type { BaseImageFacts } from "../../../components/base-image";
import { domainArgs } from "../../../components/guest/domain-args";
import { lifecycleSpec, sshEndpoint } from "../../../components/guest/lifecycle-spec";
import { BUILT_IN_PLATFORMS } from "../../../definitions/builtin/platforms";
import type { PlacedGuest } from "../../../definitions/placement/place-farm";
import { DomainSpec } from "../../../hypervisor/domain/spec";
import { hypervisor, placed } from "./sample-farm";

const IMAGE: BaseImageFacts = {
  path: "/images/base.qcow2",
  digest: "d1",
  format: "qcow2",
  boot: { kernel: "/images/vmlinuz", initrd: "/images/initrd", cmdline: "root=/dev/vda" },
};

const guest = (item: Readonly<Record<string, unknown>> = {}): PlacedGuest =>
  placed({
    hypervisors: { here: {} },
    networks: { lab: { cidr: "10.0.0.0/24" } },
    guests: { list: [{ platform: "tiny", target: "amd64", ...item }] },
  })[0]!;

/** The inputs of a domain, with all outputs known. */
function domainOf(
  definition: PlacedGuest,
  { image = IMAGE, dataDisks = {} }: { image?: BaseImageFacts; dataDisks?: Record<string, string> } = {},
): Promise<unknown> {
  const args = domainArgs({
    guest: definition,
    hypervisor: pulumi.output(hypervisor("here")),
    image: pulumi.output<BaseImageFacts>(image),
    owner: pulumi.output({ farm: "f", stack: "s", guest: definition.name, version: "0" }),
    seed: pulumi.output(undefined),
    dataDisks: pulumi.output(dataDisks),
  });
  // Inputs that are undefined never reach the provider.
  return valueOf(pulumi.output(args)).then((value) => JSON.parse(JSON.stringify(value)) as unknown);
}

function valueOf<T>(output: pulumi.Output<T>): Promise<unknown> {
  return (output as unknown as { promise(): Promise<unknown> }).promise();
}

describe("inputs of a domain", () => {
  before(() => pulumi.runtime.setMocks({ newResource: () => ({ id: "", state: {} }), call: () => ({}) }));

  for (const platform of Object.keys(BUILT_IN_PLATFORMS)) {
    for (const target of ["amd64", "arm64"]) {
      if (platform === "arch" && target === "arm64") continue;
      it(`are what the hypervisor room takes, for ${platform} on ${target}`, async () => {
        DomainSpec.parse(await domainOf(guest({ platform, target })));
      });
    }
  }

  it("boot the kernel of the image, with the guest's words added to the command line", async () => {
    const { firmware } = DomainSpec.parse(await domainOf(guest({ kernel: { cmdline: "quiet" } })));
    assert.deepEqual(firmware, {
      kind: "kernel",
      kernel: "/images/vmlinuz",
      initrd: "/images/initrd",
      cmdline: "root=/dev/vda quiet",
    });
  });

  it("boot the guest's own kernel, without anything of the image", async () => {
    const own = guest({ kernel: { path: "/boot/mine", cmdline: "root=/dev/sda" } });
    const { firmware } = DomainSpec.parse(await domainOf(own));
    assert.deepEqual(firmware, { kind: "kernel", kernel: "/boot/mine", cmdline: "root=/dev/sda" });
  });

  it("are refused when there is no kernel to boot", async () => {
    const image = { ...IMAGE, boot: undefined };
    await assert.rejects(
      domainOf(guest(), { image }),
      /boots a kernel, but its definition names none and its image/,
    );
  });

  it("have data disks by the files that were made for them, and others by their paths", async () => {
    const disks = [
      { name: "made", size: 1 },
      { name: "given", path: "/data/given.raw", format: "raw", readOnly: true },
    ];
    const { extraDisks } = DomainSpec.parse(
      await domainOf(guest({ disks }), { dataDisks: { made: "/pool/made.qcow2" } }),
    );
    assert.deepEqual(extraDisks, [
      { path: "/pool/made.qcow2", format: "qcow2", readOnly: false },
      { path: "/data/given.raw", format: "raw", readOnly: true },
    ]);
    await assert.rejects(domainOf(guest({ disks })), /no volume was made for data disk "made"/);
  });

  it("have the bus that a definition asks for, and none when it asks for none", async () => {
    assert.equal(DomainSpec.parse(await domainOf(guest({ defaultBus: "pcie.1" }))).defaultBus, "pcie.1");
    assert.equal(DomainSpec.parse(await domainOf(guest())).defaultBus, undefined);
  });

  it("have every kind of network card, without what only addresses need", async () => {
    const nics = [
      { kind: "user", forwards: [22, { guestPort: 80, hostPort: 18080 }] },
      { kind: "network", network: "lab", address: "10.0.0.2/24" },
      { kind: "bridge", bridge: "br0", address: "10.0.0.3" },
      { kind: "vde", socket: "vxvde://234.0.0.1" },
      { kind: "ethernet", device: "tap0" },
      { kind: "macvtap", device: "eth0" },
    ];
    const cards = DomainSpec.parse(await domainOf(guest({ nics }))).nics;
    assert.deepEqual(
      cards.map(({ kind }) => kind),
      nics.map(({ kind }) => kind),
    );
    assert.equal(new Set(cards.map(({ mac }) => mac)).size, nics.length);
  });
});

describe("way into a guest", () => {
  it("is the forward to port 22", () => {
    const nics = [
      { kind: "user", forwards: [80, { guestPort: 22, hostPort: 12022, hostAddress: "127.0.0.2" }] },
    ];
    assert.deepEqual(sshEndpoint(guest({ nics })), { address: "127.0.0.2", port: 12022 });
  });

  it("is port 22 of a fixed address", () => {
    const nics = [{ kind: "user" }, { kind: "network", network: "lab", address: "10.0.0.2" }];
    assert.deepEqual(sshEndpoint(guest({ nics })), { address: "10.0.0.2", port: 22 });
  });

  it("is the address without its prefix length", () => {
    const nics = [{ kind: "bridge", bridge: "br0", address: "10.0.0.2/24" }];
    assert.deepEqual(sshEndpoint(guest({ nics })), { address: "10.0.0.2", port: 22 });
  });

  it("has no address when that is only known when the guest runs", () => {
    const nics = [{ kind: "network", network: "default" }];
    assert.deepEqual(sshEndpoint(guest({ nics })), { port: 22 });
  });

  it("is what the farm file says", () => {
    const nics = [{ kind: "network", network: "lab", address: "10.0.0.2" }];
    const connection = { type: "ssh", address: "guest.lab", port: 2222 };
    assert.deepEqual(sshEndpoint(guest({ nics, connection })), { address: "guest.lab", port: 2222 });
  });

  it("is missing when nothing leads to the guest and nobody could find it", () => {
    assert.throws(
      () => sshEndpoint(guest({ nics: [{ kind: "user" }] })),
      /neither a forward to port 22 nor a card that the hypervisor could find it by.*agent/,
    );
  });
});

describe("specification of a lifecycle", () => {
  const specOf = async (
    item: Readonly<Record<string, unknown>>,
    over: Partial<Parameters<typeof lifecycleSpec>[0]> = {},
  ) => {
    const definition = guest(item);
    const spec = lifecycleSpec({
      stack: "mine",
      guest: definition,
      domain: DomainSpec.parse(await domainOf(definition)),
      privateKey: "key",
      password: undefined,
      becomePassword: undefined,
      hostKeys: ["ssh-ed25519 AAAA"],
      settings: definition.settings,
      clean: { key: "k", token: "t" },
      project: null,
      ...over,
    });
    return LifecycleSpec.parse({ ...spec, inputsDigest: "digest" });
  };

  it("is what the lifecycle takes, with the guest's settings and own keys", async () => {
    const { guest: described, settings } = await specOf({
      team: "kernel",
      vars: { a: [1] },
      phaseTimeout: 42,
    });
    assert.equal(settings.phaseTimeout, 42);
    const { team, a, hostname } = described.properties;
    assert.deepEqual({ team, a, hostname }, { team: "kernel", a: [1], hostname: "tiny-amd64" });
  });

  it("has a key or a password, never both", async () => {
    const byKey = (await specOf({})).guest.connection;
    assert.ok(byKey.type === "ssh" && byKey.privateKey === "key" && byKey.password === undefined);
    const auth = { user: "me", password: "pw" };
    const byPassword = (await specOf({ auth }, { privateKey: undefined, password: "pw" })).guest.connection;
    assert.ok(
      byPassword.type === "ssh" && byPassword.password === "pw" && byPassword.privateKey === undefined,
    );
  });

  it("pins the host keys, and none over the agent", async () => {
    const overSsh = (await specOf({})).guest.connection;
    assert.deepEqual(overSsh.type === "ssh" && overSsh.hostKeys, ["ssh-ed25519 AAAA"]);
    assert.deepEqual((await specOf({ connection: "agent", nics: [] })).guest.connection, { type: "agent" });
  });

  it("says how another user is reached", async () => {
    const auth = { user: "me", key: "generated", become: { user: "root", method: "su", password: "x" } };
    const { become } = (await specOf({ auth }, { becomePassword: "x" })).guest;
    assert.deepEqual(become, { user: "root", method: "su", password: "x" });
    assert.equal((await specOf({})).guest.become, undefined);
  });
});
