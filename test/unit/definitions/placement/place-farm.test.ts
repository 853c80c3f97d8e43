import assert from "node:assert/strict";
import { UserError } from "../../../../definitions/user-error";
import type { HypervisorFacts } from "../../../../definitions";
import { placeFarm } from "../../../../definitions/placement/place-farm";
import { farm, mistakesOf } from "../resolve/fixtures";

const facts = (changes: Partial<HypervisorFacts> = {}): HypervisorFacts => ({
  arches: { x86_64: { domainTypes: ["kvm", "qemu"] }, aarch64: { domainTypes: ["qemu"] } },
  cpus: 8,
  memoryMiB: 16384,
  ...changes,
});

const two = "hypervisors: {a: {keep: 5}, b: {paused: true}}";

describe("placeFarm", () => {
  it("gives every guest its hypervisor, domain type, CPU and settings (F12)", () => {
    const resolved = farm(
      "hypervisors: {a: {keep: 5}}\nguests: {permutations: {platforms: [debian-12], targets: [amd64, arm64]}}",
    );
    const placed = placeFarm(resolved, { a: { facts: facts() } });
    assert.deepEqual(
      placed.map(({ hypervisor, type, cpu, settings, problem }) => ({
        hypervisor,
        type,
        cpu,
        keep: settings.keep,
        problem,
      })),
      [
        { hypervisor: "a", type: "kvm", cpu: { mode: "host-passthrough" }, keep: 5, problem: null },
        {
          hypervisor: "a",
          type: "qemu",
          cpu: { mode: "custom", model: "cortex-a57" },
          keep: 5,
          problem: null,
        },
      ],
    );
  });

  describe("chooses what carries a user-mode network", () => {
    const backendOn = (nic: string, host: Partial<HypervisorFacts>) => {
      const text = `hypervisors: {a: {}}\nguests: {list: [{platform: tiny, target: amd64, nics: [{kind: user${nic}}]}]}`;
      const [guest] = placeFarm(farm(text), { a: { facts: facts(host) } });
      const [card] = guest?.nics ?? [];
      return card?.kind === "user" ? card.backend : "no card";
    };
    const able = { libvirtVersion: "9.2.0", passt: true };

    it("by what the hypervisor has", () => {
      assert.equal(backendOn("", able), "passt");
      assert.equal(backendOn(", backend: auto", { ...able, libvirtVersion: "11.3.0" }), "passt");
      assert.equal(backendOn("", { ...able, libvirtVersion: "9.0.0" }), undefined);
      assert.equal(backendOn("", { libvirtVersion: "11.3.0" }), undefined);
      assert.equal(backendOn("", { passt: true }), undefined, "nothing is known of libvirt");
    });

    it("or by what the user says", () => {
      assert.equal(backendOn(", backend: slirp", able), undefined);
      assert.equal(backendOn(", backend: passt", able), "passt");
      for (const [host, reason] of [
        [{ libvirtVersion: "9.0.0", passt: true }, /libvirt 9\.0\.0 is older than 9\.2/],
        [{ libvirtVersion: "9.2.0" }, /passt is not installed/],
      ] as const) {
        assert.throws(() => backendOn(", backend: passt", host), reason);
      }
    });
  });

  it("takes a quarter of the host for auto, within the limits (F13)", () => {
    const text = (limits: string) =>
      `hypervisors: {a: {${limits}}}\nguests: {list: [{platform: tiny, target: amd64, memory: auto, vcpus: auto}]}`;
    const size = (limits: string, host: Partial<HypervisorFacts>) => {
      const [guest] = placeFarm(farm(text(limits)), { a: { facts: facts(host) } });
      return [guest?.memoryMiB, guest?.vcpus];
    };
    assert.deepEqual(size("", {}), [4096, 2]);
    assert.deepEqual(size("limits: {memory: 4GiB, cpus: 4}", {}), [1024, 1]);
    assert.deepEqual(size("", { memoryMiB: 1024, cpus: 2 }), [512, 1]);
  });

  it("leaves guests of a host that does not answer, or is paused, where they are, with the reason", () => {
    const resolved = farm(`${two}\nguests: {list: [{platform: tiny, target: amd64, on: each}]}`);
    const known = placeFarm(resolved, {
      a: { facts: facts(), unreachable: "no route" },
      b: { facts: facts() },
    });
    assert.deepEqual(
      known.map(({ name, hypervisor, problem }) => [name, hypervisor, problem]),
      [
        ["tiny-amd64-a", "a", 'hypervisor "a" cannot be reached: no route'],
        ["tiny-amd64-b", "b", 'hypervisor "b" is paused in the farm file'],
      ],
    );
    const unknown = placeFarm(resolved, {
      a: { facts: undefined, unreachable: "no route" },
      b: { facts: facts() },
    });
    assert.equal(unknown[0]?.hypervisor, "a");
  });

  it("refuses to place guests as long as nothing is known of a host where some of them may live", () => {
    const placed = (guests: string) => () =>
      placeFarm(farm(`hypervisors: {a: {}, b: {}}\nguests: {list: [${guests}]}`), {
        a: { facts: undefined, unreachable: "no route" },
        b: { facts: facts() },
      });
    assert.throws(
      placed("{platform: tiny, target: amd64}"),
      (error) =>
        error instanceof UserError &&
        /hypervisor "a" has not answered[^]*no route; guests without a pin: tiny-amd64\n[^]*declare its `facts`/.test(
          error.message,
        ),
    );
    assert.equal(placed("{platform: tiny, target: amd64, hypervisor: b}")()[0]?.hypervisor, "b");
  });

  it("places the same whether a host answers now or only did before", () => {
    const resolved = farm(`${two}\nguests: {list: [{platform: tiny, target: amd64, count: 20}]}`);
    const homes = (unreachable: string | undefined) =>
      placeFarm(resolved, { a: { facts: facts(), unreachable }, b: { facts: facts() } }).map(
        ({ hypervisor }) => hypervisor,
      );
    assert.deepEqual(homes("no route"), homes(undefined));
  });

  it("uses facts of the farm file when nothing else is known", () => {
    const text =
      "hypervisors: {a: {facts: {arches: {x86_64: {domainTypes: [qemu]}}, cpus: 2, memoryMiB: 2048}}}\nguests: {list: [{platform: tiny, target: amd64}]}";
    assert.equal(placeFarm(farm(text), {})[0]?.type, "qemu");
  });

  it("takes the host's own emulator for the usual one, and only that for one that was asked for", () => {
    const arches = { x86_64: { domainTypes: ["qemu" as const], emulators: ["/usr/libexec/qemu-kvm"] } };
    const usual = farm("hypervisors: {a: {}}\nguests: {list: [{platform: tiny, target: amd64}]}");
    assert.equal(placeFarm(usual, { a: { facts: facts({ arches }) } })[0]?.emulator, "/usr/libexec/qemu-kvm");
    const asked = farm(
      "hypervisors: {a: {}}\nguests: {list: [{platform: tiny, target: amd64, emulator: /opt/q}]}",
    );
    assert.match(
      mistakesOf(() => placeFarm(asked, { a: { facts: facts({ arches }) } }))[0]?.what ?? "",
      /no emulator \/opt\/q/,
    );
  });

  it("lists all guests that cannot run, where they are declared, with the reason for each host (F61, F62)", () => {
    const text = `hypervisors: {a: {}, b: {}}
guests:
  list:
    - {platform: tiny, target: amd64, memory: 64GiB}
    - {platform: tiny, target: s390x}
    - {platform: tiny, target: amd64, name: fine}
`;
    const mistakes = mistakesOf(() =>
      placeFarm(farm(text), { a: { facts: facts() }, b: { facts: facts({ memoryMiB: 1024 }) } }),
    );
    assert.deepEqual(
      mistakes.map(({ file }) => file),
      ["stacks/s/farm.yaml:4:7 guests.list[0]", "stacks/s/farm.yaml:5:7 guests.list[1]"],
    );
    assert.match(
      mistakes[0]?.what ?? "",
      /no hypervisor can run guest "tiny-amd64" .*\n {4}a: it has 16384 MiB.*\n {4}b: it has 1024 MiB/,
    );
    assert.match(mistakes[1]?.what ?? "", /cannot run s390x \(it has x86_64, aarch64\)/);
  });

  it("follows the order that the farm file asks for", () => {
    const text =
      "placement: {order: [qemu, kvm]}\nhypervisors: {a: {}}\nguests: {list: [{platform: tiny, target: amd64}]}";
    assert.equal(placeFarm(farm(text), { a: { facts: facts() } })[0]?.type, "qemu");
  });
});
