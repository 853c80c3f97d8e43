import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type * as Components from "../../../components";
import { stackSecret } from "../../../components/guest/secret-text";
import { hostKeySeed, identitySeeds } from "../../../providers/farm-keys";
import { differences } from "./differences";
import { find, keyOf, PLANTED, type Registration, registrationsOf } from "./mock-engine";
import { hypervisor, PhaseFiles, placed } from "./sample-farm";

const TWO_GUESTS = {
  hypervisors: { here: {} },
  guests: { list: [{ platform: "tiny", target: "amd64", count: 2 }] },
};
const GUEST = "tiny-amd64-1";
const DYNAMIC = "pulumi-nodejs:dynamic/guest-farm:";
const COMPONENT = "guest-farm:index:";

describe("Farm", function () {
  // Pulumi serialises the providers of dynamic resources, which takes a second.
  this.timeout(20_000);
  let files: PhaseFiles;
  beforeEach(() => {
    files = new PhaseFiles();
    files.write("dependencies.yaml", { run: "install ${{ vars.packages }}" });
    files.write("main.yaml", { run: "echo ${{ vars.greeting }}", stdin: "${{ secrets.token }}" });
  });
  afterEach(() => files.remove());

  /** A farm of two guests that build a project, or what `over` makes of it. */
  const farm = (
    over: Partial<Components.FarmArgs> = {},
    project: Partial<Components.ProjectArgs> = {},
    file: Readonly<Record<string, unknown>> = TWO_GUESTS,
  ): Promise<Registration[]> => {
    const guests = placed(file);
    return registrationsOf(({ Farm }) => {
      new Farm("mine", {
        hypervisors: [hypervisor("here")],
        guests,
        project: {
          id: "demo",
          revision: 1,
          phases: files.path,
          vars: { packages: ["gcc", "make"], greeting: "hello" },
          secrets: { token: stackSecret("token") },
          guests: guests.map(({ name }) => name),
          ...project,
        },
        ...over,
      });
    });
  };

  describe("with a farm secret", () => {
    const SECRET = "0123456789abcdef0123456789abcdef";
    const keysOf = async (secrets: Readonly<Record<string, string>>) => {
      const guests = placed(TWO_GUESTS);
      const made = await registrationsOf(
        ({ Farm }) => new Farm("mine", { hypervisors: [hypervisor("here")], guests }),
        {},
        secrets,
      );
      return ["guest-farm-identity", `${GUEST}-host-key`].map((name) => find(made, name));
    };

    it("derives the farm's keys and those of guests from it, as secrets", async () => {
      const [identity, hostKey] = await keysOf({ "guest-farm:farmSecret": `${SECRET}\n` });
      assert.deepEqual(identity?.inputs["seeds"], identitySeeds(SECRET));
      assert.deepEqual(identity.secretInputs, ["seeds"]);
      assert.equal(hostKey?.inputs["seed"], hostKeySeed(SECRET, GUEST));
      assert.deepEqual(hostKey.secretInputs, ["seed"]);
    });

    it("leaves stacks without one as they are", async () => {
      for (const { inputs } of await keysOf({})) assert.deepEqual(Object.keys(inputs), ["__provider"]);
    });
  });

  describe("registers", () => {
    it("exactly these resources, each under its parent", async () => {
      const tree = (await farm()).map((one) => `${keyOf(one)} < ${one.parent ?? "stack"}`);
      const guests = [1, 2].flatMap((number) => {
        const name = `tiny-amd64-${number}`;
        return [
          `command:local:Command ${name}-lifecycle < ${COMPONENT}ProvisionedGuest ${name}`,
          `${COMPONENT}Guest ${name} < ${COMPONENT}Farm mine`,
          `${COMPONENT}InitSnapshot ${name}-init < ${COMPONENT}ProvisionedGuest ${name}`,
          `${COMPONENT}ProvisionedGuest ${name} < ${COMPONENT}Farm mine`,
          `${DYNAMIC}CacheEntry ${name}-clean < ${COMPONENT}ProvisionedGuest ${name}`,
          `${DYNAMIC}CacheEntry ${name}-init < ${COMPONENT}InitSnapshot ${name}-init`,
          `${DYNAMIC}Domain ${name} < ${COMPONENT}Guest ${name}`,
          `${DYNAMIC}GuestHostKey ${name}-host-key < ${COMPONENT}Guest ${name}`,
        ];
      });
      const shared = [
        `${COMPONENT}BaseImage here-tiny/amd64 < ${COMPONENT}Farm mine`,
        `${COMPONENT}Farm mine < stack`,
        `${COMPONENT}Hypervisor here < ${COMPONENT}Farm mine`,
        `${DYNAMIC}CachedImage here-tiny/amd64 < ${COMPONENT}BaseImage here-tiny/amd64`,
        `${DYNAMIC}FarmIdentity guest-farm-identity < stack`,
      ];
      assert.deepEqual(tree, [...guests, ...shared].sort());
    });

    it("only a clean snapshot for guests without a project", async () => {
      const without = await farm({ project: undefined });
      const mine = without.filter(({ parent }) => parent === `${COMPONENT}CleanSnapshot ${GUEST}`);
      assert.deepEqual(mine.map(keyOf), [
        `command:local:Command ${GUEST}-lifecycle`,
        `${DYNAMIC}CacheEntry ${GUEST}-clean`,
      ]);
      assert.ok(!without.some(({ type }) => type.endsWith("InitSnapshot")));
    });

    it("the same resources whichever guests the chosen project has; the others change in nothing", async () => {
      const all = await farm();
      const one = await farm({}, { id: "other", revision: 2, guests: [GUEST] } as never);
      assert.deepEqual(one.map(keyOf), all.map(keyOf));
      const idle = find(one, "tiny-amd64-2-lifecycle");
      assert.deepEqual([...idle.ignoredChanges].sort(), ["create", "environment", "stdin"]);
      const spec = JSON.parse(idle.inputs["stdin"] as string) as { project: unknown };
      assert.equal(spec.project, null, "a new guest only gets its clean snapshot");
      for (const entry of ["tiny-amd64-2-init", "tiny-amd64-2-clean"]) {
        const { ignoredChanges, inputs } = find(one, entry, "CacheEntry");
        const given = Object.keys(inputs).filter((key) => !key.startsWith("__"));
        assert.deepEqual(
          given.filter((key) => !ignoredChanges.includes(key)),
          [],
        );
      }
      assert.deepEqual(find(one, `${GUEST}-lifecycle`).ignoredChanges, []);
      assert.deepEqual(find(one, `${GUEST}-init`, "CacheEntry").ignoredChanges, []);
    });

    it("libvirt's own provider, pool and volumes only for data disks", async () => {
      const without = await farm();
      assert.ok(!without.some(({ type }) => type.startsWith("libvirt:") || type.includes("libvirt")));
      const guest = { platform: "tiny", target: "amd64", name: "a", disks: [{ name: "data", size: 3 }] };
      const all = await farm({}, {}, { ...TWO_GUESTS, guests: { list: [guest] } });
      const libvirt = all.filter(({ type }) => /libvirt/.test(type));
      assert.deepEqual(
        libvirt.map((one) => `${keyOf(one)} < ${one.parent ?? "stack"}`),
        [
          `libvirt:index/pool:Pool here-data < ${COMPONENT}Hypervisor here`,
          `libvirt:index/volume:Volume a-data < ${COMPONENT}Guest a`,
          `pulumi:providers:libvirt here-libvirt < ${COMPONENT}Hypervisor here`,
        ],
      );
      assert.equal(find(all, "a-data").inputs["size"], 3 * 1024 ** 3);
      assert.deepEqual(find(all, "a", "Domain").inputs["extraDisks"], [
        { path: "id-of-a-data", format: "qcow2", readOnly: false },
      ]);
    });

    it("for an image of a vendor's what watches for a newer one", async () => {
      const list = [
        { platform: "tiny", target: "amd64", name: "a" },
        { platform: "debian-12", target: "amd64", name: "b" },
      ];
      const all = await farm(
        { adoptImages: ["debian-12/amd64"], updateImages: true },
        {},
        { ...TWO_GUESTS, guests: { list } },
      );
      const image = `${DYNAMIC}CachedImage here-debian-12/amd64`;
      const watchers = all.filter(({ type }) => type.endsWith(":NewestImage"));
      assert.deepEqual(
        watchers.map(({ name, parent }) => [name, parent]),
        [["here-debian-12/amd64", image]],
      );
      const [watcher] = watchers;
      const kept = "0123456789abcdef0123456789abcdef";
      assert.deepEqual([watcher?.inputs["kept"], watcher?.inputs["fetch"]], [kept, true]);
      const adopted = all.filter(({ type }) => type.endsWith(":CachedImage"));
      assert.deepEqual(
        adopted.map(({ name, inputs }) => [name, inputs["adopt"], inputs["update"]]),
        [
          ["here-debian-12/amd64", true, true],
          ["here-tiny/amd64", false, true],
        ],
      );
    });

    it("networks under their hypervisors, with reservations, before the guests", async () => {
      const nics = [{ kind: "network", network: "lab", address: "10.20.0.5/24" }];
      const file = {
        hypervisors: { here: {} },
        networks: {
          lab: { mode: "nat", cidr: "10.20.0.0/24" },
          elsewhere: { mode: "existing", hypervisors: ["here"] },
        },
        guests: { list: [{ platform: "tiny", target: "amd64", name: "a", nics }] },
      };
      const networks = [
        { name: "lab", mode: "nat" as const, cidr: "10.20.0.0/24", bridge: undefined, domain: undefined },
        { name: "other", mode: "nat" as const, cidr: undefined, bridge: undefined, domain: undefined },
      ].map((network) => ({ ...network, autostart: false, hypervisors: undefined }));
      const [lab, other] = networks;
      const all = await farm({ networks: [lab!, { ...other!, hypervisors: ["somewhere else"] }] }, {}, file);
      const made = all.filter(({ type }) => type.endsWith(":Network"));
      assert.deepEqual(
        made.map(({ name, parent }) => [name, parent]),
        [["here-lab", `${COMPONENT}Hypervisor here`]],
      );
      const [reservation] = made[0]!.inputs["reservations"] as Record<string, unknown>[];
      assert.equal(reservation?.["address"], "10.20.0.5");
      assert.equal(
        reservation["mac"],
        (find(all, "a", "Domain").inputs["nics"] as { mac: string }[])[0]?.mac,
      );
      assert.ok(find(all, "a", "Domain").dependencies.includes("here-lab"), "made before the domain");
    });

    it("nothing for a guest on a hypervisor that there is not", async () => {
      await assert.rejects(
        farm({ hypervisors: [hypervisor("there")] }),
        (error) =>
          pulumi.InputPropertyError.isInstance(error) &&
          error.propertyPath === `guests.${GUEST}.hypervisor` &&
          /no hypervisor "here"; there are: there/.test(error.reason),
      );
    });
  });

  describe("keeps secrets", () => {
    it("in secret inputs: standard input of the lifecycle, and the seed", async () => {
      const all = await farm();
      const secret = all.flatMap((one) => one.secretInputs.map((input) => `${one.name} ${input}`));
      assert.deepEqual(secret.sort(), [
        "tiny-amd64-1 seed",
        "tiny-amd64-1-lifecycle stdin",
        "tiny-amd64-2 seed",
        "tiny-amd64-2-lifecycle stdin",
      ]);
      const stdin = String(find(all, `${GUEST}-lifecycle`).inputs["stdin"]);
      for (const secretText of [PLANTED.privateKey, PLANTED.keySalt, PLANTED.token]) {
        assert.ok(stdin.includes(secretText), secretText);
      }
      assert.ok(JSON.stringify(find(all, GUEST, "Domain").inputs["seed"]).includes(PLANTED.hostPrivateKey));
    });

    it("out of every other input", async () => {
      for (const { name, inputs, secretInputs } of await farm()) {
        const plain = Object.entries(inputs).filter(([input]) => !secretInputs.includes(input));
        assert.ok(!JSON.stringify(plain).includes("PLANTED"), name);
      }
    });

    it("secret in the state, also where Pulumi would not keep them so", async () => {
      const all = await farm();
      assert.deepEqual(find(all, "guest-farm-identity").secretOutputs, ["privateKey", "keySalt"]);
      assert.deepEqual(find(all, `${GUEST}-host-key`).secretOutputs, ["privateKey"]);
      assert.deepEqual(find(all, GUEST, "Domain").secretOutputs, ["seed"]);
      assert.deepEqual(find(all, `${GUEST}-lifecycle`).secretOutputs, ["stdin"]);
    });

    it("as digests that differ when they do", async () => {
      const before = await farm();
      const after = await farm({}, { secrets: { token: "another" } });
      assert.deepEqual(Object.keys(differences(before, after)), [
        `${GUEST}-lifecycle`,
        "tiny-amd64-2-lifecycle",
      ]);
    });
  });

  describe("when the program runs again", () => {
    it("gives every resource the same inputs", async () => {
      assert.deepEqual(differences(await farm(), await farm()), {});
    });

    it("with another variable of main, changes the lifecycle alone and names the variable", async () => {
      const vars = { packages: ["gcc", "make"], greeting: "good evening" };
      const changed = differences(await farm(), await farm({}, { vars }));
      assert.deepEqual(changed, {
        "tiny-amd64-1-lifecycle": ["environment.GUEST_FARM_VAR_greeting", "stdin"],
        "tiny-amd64-2-lifecycle": ["environment.GUEST_FARM_VAR_greeting", "stdin"],
      });
    });

    it("with another variable of dependencies, changes the key of the init snapshot too", async () => {
      const vars = { packages: ["clang"], greeting: "hello" };
      const changed = differences(await farm(), await farm({}, { vars }));
      assert.deepEqual(changed[`${GUEST}-init`], ["key"]);
      assert.deepEqual(changed[`${GUEST}-lifecycle`], ["environment.GUEST_FARM_VAR_packages", "stdin"]);
      assert.equal(Object.keys(changed).length, 4);
    });

    it("with another phase file, names the file", async () => {
      const before = await farm();
      files.write("main.yaml", { run: "echo something else" });
      const changed = differences(before, await farm());
      const said = changed[`${GUEST}-lifecycle`] ?? [];
      assert.ok(said.includes("environment.GUEST_FARM_FILE_main_yaml"), said.join());
      assert.equal(changed[`${GUEST}-init`], undefined);
    });

    it("with another revision, changes entry and lifecycle, never the machine", async () => {
      const changed = differences(await farm(), await farm({}, { revision: 2 }));
      assert.deepEqual(changed[`${GUEST}-init`], ["revision", "snapshot"]);
      assert.deepEqual(changed[`${GUEST}-lifecycle`], ["environment.GUEST_FARM_REVISION", "stdin"]);
      assert.equal(Object.keys(changed).length, 4);
    });

    it("with another project, keeps images, machines and keys", async () => {
      const changed = differences(await farm(), await farm({}, { id: "other" }));
      assert.deepEqual(Object.keys(changed).sort(), [
        "tiny-amd64-1-init",
        "tiny-amd64-1-lifecycle",
        "tiny-amd64-2-init",
        "tiny-amd64-2-lifecycle",
      ]);
    });

    it("without a project, keeps images, machines and keys", async () => {
      const machines = (all: readonly Registration[]) =>
        all.filter(({ type }) => /:(Domain|CachedImage|GuestHostKey|FarmIdentity|Guest)$/.test(type));
      const [before, after] = [machines(await farm()), machines(await farm({ project: undefined }))];
      assert.deepEqual(before.map(keyOf), after.map(keyOf));
      assert.deepEqual(differences(before, after), {});
    });

    it("with `rerun`, changes the lifecycle alone", async () => {
      const changed = differences(await farm(), await farm({ rerun: "2026-01-01" }));
      assert.deepEqual(changed[`${GUEST}-lifecycle`], ["environment.GUEST_FARM_RERUN", "stdin"]);
      assert.equal(Object.keys(changed).length, 2);
    });

    it("with `runMain: always`, has another standard input each time and nothing else", async () => {
      const always = { runMain: "always" as const };
      const changed = differences(await farm({}, always), await farm({}, always));
      assert.deepEqual(changed, { "tiny-amd64-1-lifecycle": ["stdin"], "tiny-amd64-2-lifecycle": ["stdin"] });
    });

    it("with another memory size, changes the domain and the lifecycle, and no key", async () => {
      const list = [{ platform: "tiny", target: "amd64", count: 2, memory: 512 }];
      const changed = differences(await farm(), await farm({}, {}, { ...TWO_GUESTS, guests: { list } }));
      assert.deepEqual(changed[GUEST], ["memoryMiB"]);
      assert.deepEqual(changed[`${GUEST}-lifecycle`], ["stdin"]);
      assert.equal(changed[`${GUEST}-init`], undefined);
      assert.equal(changed[`${GUEST}-clean`], undefined);
    });
  });

  describe("expects", () => {
    const expectedOf = async (
      settings: Readonly<Record<string, unknown>>,
      over: Partial<Components.FarmArgs> = {},
    ) => {
      const list = [{ platform: "tiny", target: "amd64", name: "a", ...settings }];
      const all = await farm(over, {}, { ...TWO_GUESTS, guests: { list } });
      const entries = all.filter(({ type }) => type.endsWith(":CacheEntry"));
      return entries.flatMap(({ name, inputs }) => (inputs["expected"] === true ? [name] : []));
    };

    it("the snapshot that the next run starts from, and none that it does without", async () => {
      assert.deepEqual(await expectedOf({}), ["a-init"]);
      assert.deepEqual(await expectedOf({}, { project: undefined }), ["a-clean"]);
    });

    it("no snapshot that no run makes", async () => {
      assert.deepEqual(await expectedOf({ cache: "off" }), []);
      assert.deepEqual(await expectedOf({ allowedPhases: ["startup", "main", "shutdown"] }), []);
      assert.deepEqual(await expectedOf({ allowedPhases: ["startup"] }, { project: undefined }), []);
    });
  });

  it("runs a command that names no folder and no guest", async () => {
    const { inputs } = find(await farm(), `${GUEST}-lifecycle`);
    assert.equal(inputs["create"], `node -e 'require("guest-farm/lifecycle").main()'`);
    assert.equal(inputs["update"], undefined);
    assert.equal(inputs["delete"], undefined);
    assert.equal(inputs["addPreviousOutputInEnv"], false);
    assert.equal(inputs["triggers"], undefined);
  });
});
