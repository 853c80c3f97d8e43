import { strict as assert } from "node:assert";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readCloudInit } from "../../../connections/guest/cloud-init";
import * as posix from "../../../connections/guest/posix-scripts";
import * as powershell from "../../../connections/guest/powershell-scripts";
import { scriptText } from "../../../connections/guest/script-text";
import { base64Lines } from "../../../connections/guest/windows-guest";
import { wrappedArgv } from "../../../connections/guest/wrapped-program";
import { RELAY, ENTER } from "../../../connections/ssh/terminal-scripts";

const SCRIPT = { text: "true", shell: "sh", timeoutMs: 1000 } as const;

describe("the text of a script", () => {
  it("sets its environment and folder in front, on the same line", () => {
    const text = scriptText({
      ...SCRIPT,
      text: "line1\nline2\n",
      env: { A: "it's $(x)", _b1: "" },
      dir: "a b",
    });
    assert.equal(text, "export A='it'\\''s $(x)'; export _b1=''; cd 'a b' || exit 1; line1\nline2\n");
  });

  it("gives the script exactly the values", () => {
    const values = ["", "it's", '$(id) `id` \\ "', "a\nb\n", "ä€😀", "-n", "~", "*"];
    const env = Object.fromEntries(values.map((value, index) => [`V${index}`, value]));
    const print = values.map((_, index) => `printf '%s\\0' "$V${index}"`).join("; ");
    const output = execFileSync("sh", ["-c", scriptText({ ...SCRIPT, text: print, env })], {
      encoding: "utf8",
    });
    assert.deepEqual(output.split("\0").slice(0, -1), values);
  });

  it("changes into folders whose names look like options", () => {
    assert.match(scriptText({ ...SCRIPT, dir: "-P" }), /^cd \.\/-P \|\| exit 1; /);
    assert.match(scriptText({ ...SCRIPT, dir: "-" }), /^cd \.\/- \|\| exit 1; /);
  });

  it("keeps a script with its interpreter in the first line", () => {
    for (const [env, printed] of [
      [{ A: "x" }, "x"],
      [{}, ""],
    ] as const) {
      const text = scriptText({ ...SCRIPT, text: '#!/bin/sh\nprintf %s "$A"', env });
      assert.equal(execFileSync("sh", ["-c", text], { encoding: "utf8" }), printed);
    }
  });

  for (const name of ["", "1A", "a-b", "a b", "a=b", "A;id", "ä"]) {
    it(`refuses a variable named ${JSON.stringify(name)}`, () => {
      assert.throws(
        () => scriptText({ ...SCRIPT, env: { [name]: "x" } }),
        /no name for an environment variable/,
      );
    });
  }

  it("speaks PowerShell", () => {
    const text = scriptText({ ...SCRIPT, shell: "powershell", env: { A: "it's" }, dir: "C:\\a b" });
    assert.equal(text, "$env:A='it''s'; Set-Location -ErrorAction Stop -LiteralPath 'C:\\a b'; true");
  });
});

describe("the scripts that run in guests", () => {
  const constants = Object.entries({ ...posix, RELAY, ENTER }).filter(([, text]) => typeof text === "string");
  for (const [name, text] of constants) {
    it(`${name} is valid for a POSIX shell`, () => {
      execFileSync("sh", ["-n", "-c", text], { stdio: "pipe" });
    });
  }

  it("are wrapped into valid ones", () => {
    for (const how of [{}, { waiting: true }, { alone: true }]) {
      const [, , text = ""] = wrappedArgv("m", ["sh", "-c", "true", "x"], how);
      execFileSync("sh", ["-n", "-c", text], { stdio: "pipe" });
    }
  });

  it("see their arguments unchanged through the wrapper", () => {
    const args = ["a b", "$(id)", "it's", "", "-n", "*"];
    for (const argv of [
      ["printf", "%s\\0", ...args],
      ["sh", "-c", `printf '%s\\0' "$@"`, "x", ...args],
    ]) {
      const [program = "", ...rest] = wrappedArgv("m", argv);
      const output = execFileSync(program, rest, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
      assert.deepEqual(output.split("\0").slice(0, -1), args);
    }
  });
});

describe("a script's way to its shell", () => {
  const script = 'printf "%s|" "$#" "${name-}" "$(cat)"; exit 7';
  const run = (stdio: "pipe" | number) =>
    spawnSync("sh", ["-c", posix.RUN, "run", "MARK", "sh", "gf-test"], {
      stdio: [stdio, "pipe", "pipe"],
      encoding: "utf8",
      ...(stdio === "pipe" ? { input: script } : {}),
    });
  const folder = mkdtempSync(join(tmpdir(), "guest-farm-script-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const way of ["a socket", "a file", "a pipe"] as const) {
    it(`is the same from ${way}: nothing on its standard input, its own exit code, the mark at the end`, () => {
      const file = join(folder, "script");
      writeFileSync(file, script);
      const through = ["sh", "-c", 'cat "$0" | sh -c "$1" run MARK sh gf-test', file, posix.RUN] as const;
      const { status, stdout, stderr } =
        way === "a socket"
          ? run("pipe")
          : way === "a file"
            ? run(openSync(file, "r"))
            : spawnSync(through[0], through.slice(1), { encoding: "utf8" });
      assert.deepEqual([status, stdout, stderr], [7, "0|||", "MARK end 7\n"]);
    });
  }
});

describe("cloud-init's verdict", () => {
  it("is ready where there is none, or it is disabled", () => {
    for (const output of ["none\n", "disabled\n", "none", "", "status\nstatus: disabled\n"]) {
      assert.deepEqual(readCloudInit(output, 0), { state: "ready", warnings: [] }, output);
    }
  });

  it("is read from the result file", () => {
    const result = (errors: string[]) =>
      `result\n${JSON.stringify({ v1: { datasource: "DataSourceNoCloud", errors } })}\n`;
    assert.equal(readCloudInit(result([]), 0).state, "ready");
    assert.deepEqual(readCloudInit(result(["one", "two"]), 0), { state: "failed", reason: "one; two" });
    assert.equal(readCloudInit("result\n{broken", 0).state, "failed");
  });

  it("is read from the status: 0 done, 2 done with warnings, 1 failed", () => {
    assert.equal(readCloudInit("status\n....\nstatus: done\n", 0).state, "ready");
    const warned =
      "status\n.....\nstatus: done\nextended_status: degraded done\nrecoverable_errors:\nWARNING:\n- old key\n";
    assert.deepEqual(readCloudInit(warned, 2), {
      state: "ready",
      warnings: ["recoverable_errors:", "WARNING:", "- old key"],
    });
    const failed = "status\nstatus: error\ntime: Thu\ndetail:\n('scripts-user', RuntimeError())\n";
    assert.deepEqual(readCloudInit(failed, 1), {
      state: "failed",
      reason: "status error; time: Thu; detail:; ('scripts-user', RuntimeError())",
    });
  });
});

describe("PowerShell texts", () => {
  const decoded = (argv: readonly string[]): string =>
    Buffer.from(argv.at(-1) ?? "", "base64").toString("utf16le");

  it("travel encoded, with nothing that a shell would read", () => {
    const argv = powershell.powershellArgv("'$x' ä");
    assert.deepEqual(argv.slice(0, -1), [
      "powershell.exe",
      "-NoProfile",
      "-NonInteractive",
      "-EncodedCommand",
    ]);
    assert.match(argv.at(-1) ?? "", /^[A-Za-z0-9+/=]+$/);
    assert.equal(decoded(argv), "'$x' ä");
  });

  it("stay below the longest command line of cmd.exe", () => {
    const path = `C:\\${"x".repeat(250)}`;
    for (const text of [powershell.runText("m".repeat(40)), powershell.writeText("m".repeat(40), path, 1)]) {
      assert.ok(powershell.powershellArgv(text).join(" ").length < 8191);
    }
  });

  it("carry the script on standard input, and the step's own input behind it", () => {
    const [first = "", second] = powershell.runInput("Write-Host 'ä'", "in\nput").split(/\n(.*)/s);
    assert.equal(Buffer.from(first, "base64").toString("utf8"), "Write-Host 'ä'");
    assert.equal(second, "in\nput");
  });

  it("quote every path", () => {
    const path = "C:\\it's $(x)";
    const quoted = "'C:\\it''s $(x)'";
    const texts = [
      powershell.writeText("m", path, 1),
      powershell.readText("m", path),
      powershell.kindText("m", path),
      powershell.removeText("m", path),
      powershell.unpackText("m", path, path),
      powershell.packText("m", path, path),
    ];
    for (const text of texts) {
      assert.ok(text.includes(quoted), text);
      assert.ok(!text.replaceAll(quoted, "").includes("it's"), text);
    }
  });

  it("say which process runs", () => {
    assert.ok(powershell.syncText("MARK").includes("[Console]::Error.WriteLine('MARK pid ' + $PID)"));
    assert.ok(powershell.setClockText("MARK", new Date(0)).includes("1970-01-01T00:00:00.000Z"));
  });

  it("get files as lines of base64 that add up", () => {
    const content = Buffer.from(Array.from({ length: 150_000 }, (_, index) => index % 251));
    const lines = base64Lines(content).split("\n").filter(Boolean);
    assert.ok(lines.length > 1);
    assert.deepEqual(Buffer.concat(lines.map((line) => Buffer.from(line, "base64"))), content);
    assert.equal(base64Lines(Buffer.alloc(0)), "");
  });
});
