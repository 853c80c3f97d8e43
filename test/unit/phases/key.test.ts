import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { cleanKey } from "../../../phases/key/content-key";
import type { MachineInputs } from "../../../phases/project/loaded-project";
import { folderWith, load, loadFiles, mistakesOf, removeFolders, type Overrides } from "./support/project";

const MACHINE: MachineInputs = {
  baseImage: "d1",
  arch: "x86_64",
  machine: "q35",
  firmware: { kind: "bios" },
  seed: {
    "user-data":
      "#cloud-config\nusers: [{name: debian, ssh_authorized_keys: [k1]}]\nssh_keys: {ed25519_private: p1}\n",
    "meta-data": "instance-id: i1\nlocal-hostname: h\n",
  },
};

const FILES: Readonly<Record<string, string>> = {
  "dependencies.yaml":
    "steps:\n  - run: apt-get install ${{ vars.packages }}\n  - include: common/users.yaml\n",
  "init.yaml": [
    "steps:",
    "  - copy: ../tally",
    "    to: tally",
    "  - script: scripts/prepare.sh",
    "    when: target.name == 'amd64'",
    "  - run: login ${{ secrets.token }} ${{ vars.build.flags }} ${{ default(vars.extra, 'none') }}",
    "",
  ].join("\n"),
  "main.yaml": "steps:\n  - run: make ${{ vars.mode }} ${{ secrets.upload }}\n  - script: scripts/main.sh\n",
  "terminate.yaml": "steps:\n  - run: rm -rf ${{ vars.rubbish }}\n",
  "common/users.yaml": "steps:\n  - run: adduser ${{ vars.user }}\n",
  "scripts/prepare.sh": "#!/bin/sh\n",
  "scripts/main.sh": "#!/bin/sh\n",
  "../tally/a.c": "int a;\n",
  "../tally/sub/b.c": "int b;\n",
  "vars.yaml":
    "packages: [gcc, make]\nmode: fast\nrubbish: /tmp/x\nuser: bob\nunused: 1\nbuild: {flags: -O2, jobs: 2}\n",
};

const SECRETS = { token: "t0ken", upload: "upl0ad", unused: "x" };

interface Inputs {
  readonly files?: Readonly<Record<string, string>>;
  readonly machine?: Partial<MachineInputs>;
  readonly overrides?: Overrides;
  readonly salt?: string;
}

async function keyOf({
  files = {},
  machine = {},
  overrides = {},
  salt = "salt",
}: Inputs = {}): Promise<string> {
  const context = { secrets: SECRETS, ...overrides.context };
  const loaded = await loadFiles({ ...FILES, ...files }, { ...overrides, context });
  return loaded.key({ ...MACHINE, ...machine }, salt);
}

const changed = (path: string, from: string, to: string) => {
  const text = FILES[path] ?? "";
  assert.ok(text.includes(from), `${path} has no ${from}`);
  return { files: { [path]: text.replace(from, to) } };
};
const seedWith = (name: string, from: string, to: string): Inputs => ({
  machine: { seed: { ...MACHINE.seed, [name]: (MACHINE.seed?.[name] ?? "").replace(from, to) } },
});

describe("the content key", () => {
  afterEach(removeFolders);

  it("is a sha256, and the same for the same inputs in another folder", async () => {
    const key = await keyOf();
    assert.match(key, /^[0-9a-f]{64}$/);
    assert.equal(await keyOf(), key);
  });

  const changes: Record<string, Inputs> = {
    "the base image": { machine: { baseImage: "d2" } },
    "the architecture": { machine: { arch: "aarch64" } },
    "the machine": { machine: { machine: "pc" } },
    "the firmware": { machine: { firmware: { kind: "uefi", code: "/c", varsTemplate: "/v" } } },
    "a user in the seed": seedWith("user-data", "name: debian", "name: other"),
    "a login key in the seed": seedWith("user-data", "k1", "k2"),
    "the host name in the seed": seedWith("meta-data", "hostname: h", "hostname: other"),
    "the seed's absence": { machine: { seed: undefined as never } },
    "the dependencies file": changed("dependencies.yaml", "install", "install -y"),
    "a comment in the init file": changed("init.yaml", "steps:", "# hello\nsteps:"),
    "an included file": changed("common/users.yaml", "adduser", "useradd"),
    "a script of init": changed("scripts/prepare.sh", "\n", "\nexit\n"),
    "a copied file": changed("../tally/a.c", "int a", "long a"),
    "a file deep in a copied folder": changed("../tally/sub/b.c", "int b", "long b"),
    "a file added to a copied folder": { files: { "../tally/new": "" } },
    "a variable of dependencies": changed("vars.yaml", "gcc", "clang"),
    "a variable of an included file": changed("vars.yaml", "bob", "eve"),
    "a nested variable of init": changed("vars.yaml", "-O2", "-O3"),
    "a variable of the project": { overrides: { context: { vars: { packages: ["tcc"] } } } },
    "a variable that stops being absent": { overrides: { context: { vars: { extra: "none" } } } },
    "a more specific vars.yaml": { files: { "debian-12/vars.yaml": "packages: []\n" } },
    "a more specific init file": { files: { "debian-12/init.yaml": "steps: []\n" } },
    "a more specific file that says the same": {
      files: {
        "debian-12/init.yml":
          FILES["init.yaml"]?.replaceAll("../tally", "../../tally").replace("scripts/", "../scripts/") ?? "",
      },
    },
    "a secret of init": { overrides: { context: { secrets: { ...SECRETS, token: "other" } } } },
    "the target's name, which init asks for": {
      overrides: { context: { target: { name: "arm64", arch: "x" } } },
    },
    "the salt": { salt: "other" },
    "the default shell": { overrides: { guest: { shell: "bash" } } },
  };
  for (const [what, inputs] of Object.entries(changes)) {
    it(`changes with ${what}`, async () => assert.notEqual(await keyOf(inputs), await keyOf()));
  }

  const sameness: Record<string, Inputs> = {
    "the main file": changed("main.yaml", "make", "make -j"),
    "a variable of main": changed("vars.yaml", "mode: fast", "mode: slow"),
    "the project's variable of main": { overrides: { context: { vars: { mode: "slow" } } } },
    "a variable of terminate": changed("vars.yaml", "/tmp/x", "/tmp/y"),
    "an unused variable": changed("vars.yaml", "unused: 1", "unused: 2"),
    "a neighbour of a nested variable": changed("vars.yaml", "jobs: 2", "jobs: 4"),
    "the order and comments of vars.yaml": {
      files: { "vars.yaml": `# reordered\n${(FILES["vars.yaml"] ?? "").split("\n").reverse().join("\n")}\n` },
    },
    "a secret of main": { overrides: { context: { secrets: { ...SECRETS, upload: "other" } } } },
    "an unused secret": { overrides: { context: { secrets: { ...SECRETS, unused: "other" } } } },
    "a script of main": changed("scripts/main.sh", "\n", "\nexit\n"),
    "the terminate file": changed("terminate.yaml", "rm", "rm -v"),
    "a file that nobody names": { files: { "notes.txt": "x" } },
    "the guest's name, which nobody asks for": { overrides: { context: { guest: { name: "other" } } } },
    "the hypervisor": { overrides: { context: { hypervisor: { name: "other" } } } },
    "the host keys in the seed": seedWith("user-data", "p1", "p2"),
    "the instance id in the seed": seedWith("meta-data", "i1", "i2"),
    "the comments of the seed": seedWith("user-data", "#cloud-config", "#cloud-config\n# made today"),
  };
  for (const [what, inputs] of Object.entries(sameness)) {
    it(`does not change with ${what}`, async () => assert.equal(await keyOf(inputs), await keyOf()));
  }

  describe("and the mode of a copied file", () => {
    const copied = (options: string, mode: number) => async () => {
      const root = folderWith({
        ...FILES,
        "init.yaml": `steps:\n  - {copy: tool, to: /tool${options}}\n`,
        tool: "x",
      });
      chmodSync(join(root, "phases/tool"), mode);
      return (await load(root, { context: { secrets: SECRETS } })).key(MACHINE, "salt");
    };
    it("changes with the executable bit, which the guest gets", async () => {
      assert.notEqual(await copied("", 0o755)(), await copied("", 0o644)());
      assert.equal(await copied("", 0o664)(), await copied("", 0o644)());
    });
    it("does not where the step says the mode", async () => {
      assert.equal(await copied(", mode: '0755'", 0o755)(), await copied(", mode: '0755'", 0o644)());
    });
  });

  describe("and the user's own user data", () => {
    const PLAIN = "#cloud-config\npackages: [gcc]\nruncmd:\n  - |\n    #!/bin/sh\n    echo '# no comment'\n";
    const keyWith = (text: string) =>
      keyOf({ machine: { seed: { "user-data": text, "vendor-data": "#cloud-boothook\n#!/bin/sh\n" } } });
    const texts: Record<string, string> = {
      "a comment": PLAIN.replace("packages", "# why\npackages"),
      "a comment at the end of a line": PLAIN.replace("[gcc]", "[gcc] # why"),
      "a first line that makes it a template": `## template: jinja\n${PLAIN}`,
      "another first line": PLAIN.replace("#cloud-config", "#cloud-config-archive"),
      "lines that end in CR": PLAIN.replaceAll("\n", "\r\n"),
      "a host key of its own": `${PLAIN}ssh_keys: {ed25519_private: p1}\n`,
    };
    for (const [what, text] of Object.entries(texts)) {
      it(`changes with ${what}`, async () => assert.notEqual(await keyWith(text), await keyWith(PLAIN)));
    }
    it("changes with the shebang of a script that looks like YAML", async () => {
      assert.notEqual(await keyWith("#!/bin/sh\na: b\n"), await keyWith("#!/bin/bash\na: b\n"));
    });
    it("changes with quotes that YAML 1.1 sees and YAML 1.2 does not", async () => {
      const flag = (value: string) => keyWith(`#cloud-config\nssh_pwauth: ${value}\n`);
      assert.notEqual(await flag("yes"), await flag('"yes"'));
    });
    it("is as ever where its data says all: the form of the text does not count", async () => {
      const other = PLAIN.replace("packages: [gcc]", "packages:\n    - 'gcc'\n");
      assert.equal(await keyWith(other), await keyWith(PLAIN));
    });
  });

  it("takes all variables when a phase takes them wholesale", async () => {
    const files = { "init.yaml": "steps:\n  - run: echo ${{ vars[vars.user] }}\n" };
    const vars = (unused: number) => ({ context: { vars: { bob: "x", unused } } });
    assert.notEqual(await keyOf({ files, overrides: vars(1) }), await keyOf({ files, overrides: vars(2) }));
  });

  it("does not change with the run's id, which differs in every run", async () => {
    const files = { "init.yaml": "steps:\n  - run: echo ${{ run.id }}\n" };
    assert.equal(await keyOf({ files }), await keyOf({ files }));
  });

  it("is not made of a file that is missing", async () => {
    const [mistake] = await mistakesOf({ "init.yaml": "steps:\n  - script: gone.sh\n" });
    assert.equal(mistake?.what, "there is no such file");
    assert.equal(mistake.found, "stacks/x/phases/gone.sh");
  });

  it("is what it was in the first release: snapshots of then are found", async () => {
    const seed = {
      "user-data": "#cloud-config\npackages: [gcc]\n",
      "vendor-data": "#cloud-boothook\n#!/bin/sh\n",
      "meta-data": "instance-id: i\n",
      "guest-farm/users": "root::/bin/sh:\n",
      "guest-farm/first-boot.sh": "echo hi # x\n",
    };
    const machine = { ...MACHINE, seed };
    const files = {
      "dependencies.yaml":
        "steps:\n  - copy: tool.sh\n    to: /t\n  - copy: ../src\n    to: /s\n  - run: x ${{ secrets.token }} ${{ vars.a }}\n",
      "tool.sh": "#!/bin/sh\n",
      "../src/a/x.sh": "#!x",
      "../src/b": "1",
      "../src/l": "link:b",
      "vars.yaml": "a: [1, 2]\n",
    };
    const loaded = await loadFiles(files, { context: { secrets: { token: "t" } } });
    assert.deepEqual(
      [cleanKey(machine, "salt"), loaded.key(machine, "salt")],
      [
        "5da4cd668e9a0b9a9156d34327026689ee9bf96ca06f783ab78470902ac94ff6",
        "e461f3f6517131b99baed8ee9109fce63665983d96dcaee3bc7ff34d0701eedb",
      ],
    );
    assert.deepEqual(loaded.describeInputs("salt"), {
      GUEST_FARM_FILE_dependencies_yaml: "b916e11357c9",
      GUEST_FARM_FILE_src: "7b18e35d4dac",
      GUEST_FARM_FILE_tool_sh: "a8076d3d28d2",
      GUEST_FARM_SECRET_token: "6d3e9f8f23ae",
      GUEST_FARM_VAR_a: "49a64717d5d4",
    });
  });

  it("of a clean snapshot depends on the machine and its seed alone", () => {
    const key = cleanKey(MACHINE, "salt");
    assert.equal(cleanKey({ ...MACHINE }, "salt"), key);
    assert.equal(cleanKey({ ...MACHINE, ...seedWith("user-data", "p1", "p2").machine }, "salt"), key);
    assert.notEqual(cleanKey({ ...MACHINE, baseImage: "d2" }, "salt"), key);
    assert.notEqual(cleanKey({ ...MACHINE, ...seedWith("user-data", "k1", "k2").machine }, "salt"), key);
  });
});

describe("the readable inputs", () => {
  afterEach(removeFolders);

  const inputsOf = async (inputs: Inputs = {}) => {
    const context = { secrets: SECRETS, ...inputs.overrides?.context };
    const loaded = await loadFiles({ ...FILES, ...inputs.files }, { ...inputs.overrides, context });
    return loaded.describeInputs(inputs.salt ?? "salt");
  };
  const difference = async (inputs: Inputs) => {
    const [before, after] = [await inputsOf(), await inputsOf(inputs)];
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...names].filter((name) => before[name] !== after[name]);
  };

  it("name every file and value that any phase uses", async () => {
    assert.deepEqual(Object.keys(await inputsOf()), [
      "GUEST_FARM_FILE_common_users_yaml",
      "GUEST_FARM_FILE_dependencies_yaml",
      "GUEST_FARM_FILE_init_yaml",
      "GUEST_FARM_FILE_main_yaml",
      "GUEST_FARM_FILE_scripts_main_sh",
      "GUEST_FARM_FILE_scripts_prepare_sh",
      "GUEST_FARM_FILE_tally",
      "GUEST_FARM_FILE_terminate_yaml",
      "GUEST_FARM_SECRET_token",
      "GUEST_FARM_SECRET_upload",
      "GUEST_FARM_VALUE_target_name",
      "GUEST_FARM_VAR_build_flags",
      "GUEST_FARM_VAR_extra",
      "GUEST_FARM_VAR_mode",
      "GUEST_FARM_VAR_packages",
      "GUEST_FARM_VAR_rubbish",
      "GUEST_FARM_VAR_user",
    ]);
  });

  it("differ in exactly what has changed", async () => {
    assert.deepEqual(await difference(changed("vars.yaml", "mode: fast", "mode: slow")), [
      "GUEST_FARM_VAR_mode",
    ]);
    assert.deepEqual(await difference(changed("main.yaml", "make", "make -j")), [
      "GUEST_FARM_FILE_main_yaml",
    ]);
    assert.deepEqual(await difference(changed("../tally/sub/b.c", "b", "c")), ["GUEST_FARM_FILE_tally"]);
    const secrets = { ...SECRETS, upload: "other" };
    assert.deepEqual(await difference({ overrides: { context: { secrets } } }), ["GUEST_FARM_SECRET_upload"]);
    assert.deepEqual(await difference(changed("vars.yaml", "unused: 1", "unused: 2")), []);
  });

  it("hold no secret, no unsalted digest of one, and no absolute path", async () => {
    const text = JSON.stringify(await inputsOf());
    assert.ok(!Object.values(SECRETS).some((secret) => secret.length > 3 && text.includes(secret)));
    assert.notEqual(
      (await inputsOf({ salt: "a" }))["GUEST_FARM_SECRET_token"],
      (await inputsOf({ salt: "b" }))["GUEST_FARM_SECRET_token"],
    );
    assert.ok(Object.values(await inputsOf()).every((value) => /^([0-9a-f]{12}|absent)$/.test(value)));
  });

  it("are the same in two folders", async () => assert.deepEqual(await inputsOf(), await inputsOf()));

  it("tell names apart that would look the same", async () => {
    const files = {
      "main.yaml": "steps:\n  - script: a-b.sh\n  - script: a_b.sh\n",
      "a-b.sh": "1",
      "a_b.sh": "2",
    };
    const names = Object.keys((await loadFiles(files)).describeInputs("salt"));
    assert.equal(new Set(names).size, 3);
    assert.ok(
      names.every((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)),
      names.join(),
    );
  });
});
