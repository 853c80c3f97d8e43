import assert from "node:assert/strict";
import { formatMistake } from "../../../definitions/user-error";
import { complaints, loadFiles, mistakesOf, removeFolders } from "./support/project";

/** Complaints about one `main.yaml`. */
const about = (text: string) => complaints({ "main.yaml": text });

describe("mistakes in phase files", () => {
  afterEach(removeFolders);

  const badYaml: Record<string, [text: string | Buffer, RegExp]> = {
    "a tab as indentation": ["steps:\n\t- run: a\n", /^main.yaml:2:1 is not valid YAML/],
    "a quote that is not closed": ['steps:\n  - run: "a\n', /^main.yaml:\d:\d+ is not valid YAML/],
    "a bracket that is not closed": ["steps: [ {run: a}\n", /^main.yaml:\d:\d+ is not valid YAML/],
    "a key that stands twice": ["steps:\n  - run: a\n    run: b\n", /^main.yaml:3:5 is not valid YAML/],
    "a wrong indentation": ["steps:\n  - run: a\n   dir: b\n", /^main.yaml:3:\d is not valid YAML/],
    "two documents": ["steps: []\n---\nsteps: []\n", /^main.yaml:\d:\d+ is not valid YAML/],
    "an alias to nothing": ["steps:\n  - run: *nothing\n", /^main.yaml:2:10 .*anchor/],
    "an alias bomb": [
      [
        "a: &a [x,x,x,x,x,x,x,x,x,x]",
        "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]",
        "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]",
      ]
        .concat(["d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]", "steps: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"])
        .join("\n"),
      /^main.yaml:.*not usable YAML/,
    ],
    "a colon in plain text": ["steps:\n  - run: echo a: b\n", /^main.yaml:2:\d+ is not valid YAML/],
    "an empty file": ["", /^main.yaml:1:1 steps is missing/],
    "a list at the top": ["- run: a\n", /^main.yaml:1:1 is not right/],
    "plain text": ["make check\n", /^main.yaml:1:1 is not right/],
    "bytes that are no UTF-8": [Buffer.from([0x73, 0xff, 0xfe]), /^main.yaml:-:- is not a text file/],
    "a NUL character": ["steps: []\0", /^main.yaml:-:- is not a text file/],
    "a list of steps that is none": ["steps: make\n", /^main.yaml:1:8 steps is not right/],
    "an unknown key at the top": [
      "step:\n  - run: a\n",
      /^main.yaml:1:1 step there is no key "step" here \(did you mean "steps"\?\)/,
    ],
  };
  for (const [what, [text, expected]] of Object.entries(badYaml)) {
    it(`tell of ${what}, with file, line and column`, async () => {
      const found = await complaints({ "main.yaml": text });
      assert.ok(
        found.some((complaint) => expected.test(complaint)),
        found.join("\n"),
      );
    });
  }

  const steps: Record<string, [step: string, expected: string]> = {
    "a misspelt action": [
      "rnu: make",
      'main.yaml:2:5 steps[0].rnu there is no action "rnu" (did you mean "run"?)',
    ],
    "a misspelt option": [
      "{run: make, timeot: 5}",
      'main.yaml:2:17 steps[0].timeot there is no key "timeot" here (did you mean "timeout"?)',
    ],
    "an option of another action": [
      "{run: make, mode: '0644'}",
      'main.yaml:2:17 steps[0].mode there is no key "mode" here',
    ],
    "no action": ["{name: a}", "main.yaml:2:5 steps[0] the step has no action"],
    "two actions": ["{run: a, copy: b, to: c}", "main.yaml:2:14 steps[0].copy a step has exactly one action"],
    "a step that is text": ["make", "main.yaml:2:5 steps[0] a step has to be a map"],
    "a number for text": ["{run: 5}", "main.yaml:2:11 steps[0].run is not right"],
    "an empty command": ["{run: ''}", "main.yaml:2:11 steps[0].run is not right"],
    "a mode without quotes": [
      "{write: /a, content: b, mode: 0644}",
      "main.yaml:2:35 steps[0].mode is not right",
    ],
    "a file without content": ["{write: /a}", "main.yaml:2:5 steps[0].content is missing"],
    "a time below zero": ["{run: a, timeout: -1}", "main.yaml:2:23 steps[0].timeout is not right"],
    "an unknown shell": ["{run: a, shell: fish}", "main.yaml:2:21 steps[0].shell is not right"],
    "an environment name with a hyphen": [
      "{run: a, env: {A-B: c}}",
      "main.yaml:2:25 steps[0].env.A-B is not right",
    ],
    "a misspelt thing to wait for": [
      "waitFor: {prot: 5}",
      'main.yaml:2:15 steps[0].waitFor.prot there is no key "prot" here (did you mean "port"?)',
    ],
    "two things to wait for": ["waitFor: {port: 5, file: a}", "main.yaml:2:14 steps[0].waitFor is not right"],
    "a misspelt name in an expression": [
      "run: echo ${{ guest.nmae }}",
      'main.yaml:2:25 steps[0].run guest has no "nmae" (did you mean "name"?)',
    ],
    "a secret that the project does not name": [
      "run: echo ${{ secrets.nobodys }}",
      'main.yaml:2:27 steps[0].run secrets has no "nobodys"',
    ],
    "a misspelt root of an expression": [
      "run: echo ${{ gest.name }}",
      'main.yaml:2:19 steps[0].run there is no name "gest" (did you mean "guest"?)',
    ],
    "an unknown function": [
      "run: echo ${{ uper(guest.name) }}",
      'main.yaml:2:19 steps[0].run there is no function "uper" (did you mean "upper"?)',
    ],
    "an expression that is not closed": [
      "run: 'echo ${{ guest.name'",
      "main.yaml:2:16 steps[0].run an expression is not closed",
    ],
    "a misspelt name in a condition": [
      "{run: a, when: guest.nam == 'x'}",
      'main.yaml:2:26 steps[0].when guest has no "nam" (did you mean "name"?)',
    ],
    "a misspelt name in a quoted condition": [
      "{run: a, when: \"guest.nam == 'x'\"}",
      'main.yaml:2:27 steps[0].when guest has no "nam" (did you mean "name"?)',
    ],
    "a condition with text around it": [
      "{run: a, when: 'x ${{ guest.name }}'}",
      "main.yaml:2:20 steps[0].when a condition has to be one expression and nothing else",
    ],
    "a value that is a map": [
      "run: echo ${{ vars }}",
      "main.yaml:2:19 steps[0].run the expression gives a map or nothing, which cannot stand in a script",
    ],
    "a file that is not there": [
      "{copy: nothing, to: /x}",
      "main.yaml:2:12 steps[0].copy there is no such file",
    ],
    "a script that is not there": [
      "script: nothing.sh",
      "main.yaml:2:13 steps[0].script there is no such file",
    ],
    "a path that only this machine has": [
      "{copy: /etc/passwd, to: /x}",
      "main.yaml:2:12 steps[0].copy has to be a path relative to this file",
    ],
    "a path in somebody's home": [
      "{copy: ~/x, to: /x}",
      "main.yaml:2:12 steps[0].copy has to be a path relative to this file",
    ],
    "an include of itself": [
      "include: main.yaml",
      "main.yaml:2:14 steps[0].include the file includes itself",
    ],
    "an artifact outside its folder": [
      "{fetch: a, to: ../b}",
      "main.yaml:2:20 steps[0].to leads out of the run's artifacts folder",
    ],
    "a skip of an earlier phase": [
      "skip: init",
      "main.yaml:2:11 steps[0].skip main can only skip a phase that comes later",
    ],
    "a skip of no phase": ["skip: shutdwn", "main.yaml:2:11 steps[0].skip is not right"],
    "a pattern that is none": [
      "{run: a, expect: {stdout: /(/}}",
      "main.yaml:2:31 steps[0].expect.stdout is not a regular expression: Invalid regular expression: /(/: Unterminated group",
    ],
    "a checkpoint that nobody makes": [
      "restoreCheckpoint: a",
      'main.yaml:2:24 steps[0].restoreCheckpoint no step before this one makes a checkpoint "a"',
    ],
    "a secret in a local command": [
      "local: echo ${{ secrets.token }}",
      "main.yaml:2:21 steps[0].local a secret cannot stand here: others could see it in arguments, names or logs",
    ],
    "a secret in a name": [
      "{name: '${{ secrets.token }}', run: a}",
      "main.yaml:2:17 steps[0].name a secret cannot stand here: others could see it in arguments, names or logs",
    ],
    "a run's id in a path that the key needs": [
      "{copy: 'a-${{ run.id }}', to: b}",
      "main.yaml:2:19 steps[0].copy a value of the run cannot stand here: it has to be known before there is one",
    ],
  };
  for (const [what, [step, expected]] of Object.entries(steps)) {
    it(`tell of ${what}`, async () => {
      const context = { secrets: { token: "hunter22" } };
      assert.deepEqual(await complaints({ "main.yaml": `steps:\n  - ${step}\n` }, { context }), [expected]);
    });
  }

  it("are told all at once, in the order of the files", async () => {
    const files = {
      "dependencies.yaml": "steps:\n  - rnu: a\n",
      "main.yaml": "steps:\n  - run: echo ${{ vars.x }}\n  - include: sub/more.yaml\n  - copy: b\n",
      "sub/more.yaml": "steps:\n  - run: a\n    dri: /\n",
      "vars.yaml": "a b: 1\n",
    };
    assert.deepEqual(await complaints(files), [
      'dependencies.yaml:2:5 steps[0].rnu there is no action "rnu" (did you mean "run"?)',
      'main.yaml:2:24 steps[0].run vars has no "x"',
      "main.yaml:4:5 steps[2].to is missing",
      'sub/more.yaml:3:5 steps[0].dri there is no key "dri" here (did you mean "dir"?)',
      'vars.yaml:1:6 ["a b"] is not right',
    ]);
  });

  it("point into texts of many lines", async () => {
    const text = "steps:\n  - run: |\n      echo one\n      echo '${{ guest.name }}' \"${{ guest.nope }}\"\n";
    assert.deepEqual(await about(text), ['main.yaml:4:43 steps[0].run guest has no "nope"']);
  });

  it("say what was found, what is allowed and what to do", async () => {
    const [mistake] = await mistakesOf({ "main.yaml": "steps:\n  - run: a\n    shell: fish\n" });
    assert.ok(mistake !== undefined);
    assert.equal(
      formatMistake(mistake),
      [
        "stacks/x/phases/main.yaml:3:12: steps[0].shell: is not right",
        '  found:   "fish"',
        "  allowed: sh, bash or powershell",
      ].join("\n"),
    );
  });

  it("say where a secret is named that no valid name is near", async () => {
    const [mistake] = await mistakesOf({ "main.yaml": "steps:\n  - run: echo ${{ secrets.nobodys }}\n" });
    assert.equal(mistake?.remedy, "name it in `secrets` of the project");
  });

  it("in an included file are told once, however often it is included", async () => {
    const found = await complaints({
      "main.yaml": "steps:\n  - include: a.yaml\n  - include: a.yaml\n",
      "a.yaml": "steps:\n  - rnu: a\n",
    });
    assert.equal(found.length, 1);
  });

  it("include a circle of files", async () => {
    const files = {
      "main.yaml": "steps: [{include: a.yaml}]\n",
      "a.yaml": "steps: [{include: main.yaml}]\n",
    };
    const [mistake] = await mistakesOf(files);
    assert.equal(mistake?.found, "main.yaml -> a.yaml -> main.yaml");
  });

  it("include users that a step cannot become", async () => {
    const main = "steps:\n  - run: a\n    user: bob\n";
    const because = async (guest: object) => (await complaints({ "main.yaml": main }, { guest }))[0];
    assert.match((await because({ become: undefined })) ?? "", /has no way to become "bob"/);
    assert.match((await because({ become: { user: "root", method: "su" } })) ?? "", /su would ask/);
    assert.match((await because({ os: "windows", shell: "powershell" })) ?? "", /run as its login user/);
    await loadFiles({ "main.yaml": main }, { guest: { user: "root", become: undefined as never } });
    await loadFiles({ "main.yaml": main }, { guest: { user: "bob", become: undefined as never } });
  });

  it("include checkpoints outside main", async () => {
    const [found] = await complaints({ "init.yaml": "steps:\n  - checkpoint: a\n" });
    assert.equal(found, "init.yaml:2:5 steps[0].checkpoint a checkpoint step can only stand in main");
  });

  it("are none in a file that uses everything", async () => {
    const loaded = await loadFiles(
      {
        "main.yaml": [
          "steps:",
          "  - run: make",
          "  - {name: 'for ${{ guest.name }}', run: make, shell: bash, user: root, dir: /src, env: {A: 1, B: true}}",
          "  - {script: build.sh, stdin: x, timeout: 1.5, retries: 3, retryDelay: 2, creates: /x}",
          "  - {run: a, expect: {exitCode: [0, 3], stdout: '/^ok$/m'}, when: target.arch == 'x86_64'}",
          "  - {copy: src, to: /opt/src/, mode: '0644', owner: 'root:root', user: root}",
          "  - {fetch: /opt/report.xml}",
          "  - {fetch: /opt/reports, to: all/reports}",
          "  - {write: /etc/motd, content: 'hello ${{ secrets.token }}'}",
          "  - reboot: true",
          "  - {waitFor: {port: 8080}, every: 0.5}",
          "  - waitFor: {port: '${{ vars.port }}'}",
          "  - waitFor: {file: /run/ready}",
          "  - waitFor: {command: curl -fs localhost}",
          "  - {local: 'cat > log', stdin: '${{ secrets.token }}', dir: src}",
          "  - include: common.yaml",
          "  - checkpoint: before",
          "  - restoreCheckpoint: before",
          "  - skip: [shutdown, terminate]",
          "  - {skip: shutdown, when: false}",
          "",
        ].join("\n"),
        "common.yaml": "steps: []\n",
        "build.sh": "#!/bin/sh\nmake\n",
        "src/a.c": "int main;\n",
        "vars.yml": "port: 8080\n",
      },
      { context: { secrets: { token: "hunter22" } } },
    );
    assert.equal(loaded.phases.main?.steps.length, 18);
  });
});
