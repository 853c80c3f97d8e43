import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import {
  commandForAnyShell,
  quoteForAnyShell,
  quoteForShell,
  shellCommand,
} from "../../../connections/quote";

const NASTY = [
  "",
  " ",
  "plain",
  "a b",
  "it's",
  '"',
  "`id`",
  "$(id)",
  "$HOME",
  "\\",
  "\\'",
  "'\\''",
  "a\nb",
  "\t",
  "*",
  "~",
  "-n",
  "--",
  "#x",
  "!x",
  "a;b|c&d>e<f",
  "(x)",
  "{a,b}",
  "[a]",
  "if",
  "FOO=bar",
  "ä€😀",
  "\u2019x\u2018",
  "\r",
  "\u007f",
  "%s",
  "^",
];

/** Deterministic pseudo-random texts over the characters that shells care about. */
function fuzz(count: number): string[] {
  const alphabet = "ab '\"`$(){}[]<>|&;*?!#~\\\n\t=-%^,.:/@é\u2019";
  let state = 42;
  const next = (limit: number): number => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state % limit;
  };
  return Array.from({ length: count }, () =>
    Array.from({ length: next(12) }, () => alphabet[next(alphabet.length)] ?? "").join(""),
  );
}

/** What a shell makes of the words: each is printed with a NUL after it. */
function wordsSeenBy(shell: string, line: string): string[] {
  const output = execFileSync(shell, ["-c", `printf '%s\\0' ${line}`], { encoding: "utf8" });
  return output.split("\0").slice(0, -1);
}

describe("quoteForShell", () => {
  for (const shell of ["sh", "bash"] as const) {
    it(`gives ${shell} exactly the text, whatever is in it`, () => {
      const texts = [...NASTY, ...fuzz(600)];
      const line = texts.map((text) => quoteForShell(text, shell)).join(" ");
      assert.deepEqual(wordsSeenBy(shell, line), texts);
    });
  }

  it("survives being quoted twice, for a shell behind a shell", () => {
    const texts = [...NASTY, ...fuzz(100)];
    const inner = `printf '%s\\0' ${texts.map((text) => quoteForShell(text)).join(" ")}`;
    const output = execFileSync("sh", ["-c", `sh -c ${quoteForShell(inner)}`], { encoding: "utf8" });
    assert.deepEqual(output.split("\0").slice(0, -1), texts);
  });

  it("leaves plain words readable", () => {
    assert.equal(quoteForShell("/usr/bin/x-1.2_3:4,5@6%7+8"), "/usr/bin/x-1.2_3:4,5@6%7+8");
  });

  it("doubles every kind of single quote for PowerShell", () => {
    assert.equal(
      quoteForShell("it's $x `n \u2019\u2018\u201a\u201b", "powershell"),
      "'it''s $x `n \u2019\u2019\u2018\u2018\u201a\u201a\u201b\u201b'",
    );
    assert.equal(quoteForShell("", "powershell"), "''");
  });

  it("refuses a NUL character", () => {
    for (const shell of ["sh", "bash", "powershell"] as const) {
      assert.throws(() => quoteForShell("a\0b", shell), /NUL/);
    }
  });
});

describe("shellCommand", () => {
  it("runs a program whose name is a word of the shell or looks like an assignment", () => {
    for (const name of ["if", "FOO=bar", "while", "{"]) {
      assert.throws(
        () => execFileSync("sh", ["-c", shellCommand([name, "x"])], { stdio: "pipe", encoding: "utf8" }),
        (error: { status: number; stderr: string }) =>
          error.status === 127 && error.stderr.includes("not found"),
        name,
      );
    }
  });

  it("passes arguments as they are", () => {
    const args = [...NASTY, ...fuzz(50)];
    const output = execFileSync("sh", ["-c", shellCommand(["printf", "%s\\0", ...args])], {
      encoding: "utf8",
    });
    assert.deepEqual(output.split("\0").slice(0, -1), args);
  });

  it("needs a program", () => {
    assert.throws(() => shellCommand([]), /needs a program/);
  });
});

describe("commandForAnyShell", () => {
  const args = [...NASTY, ...fuzz(20), "!x", "a\\", "a\nb", "\n", "it's\n!\\"];
  const shells = ["/bin/sh", "/bin/bash", "/bin/tcsh", "/bin/bsd-csh", "/usr/bin/fish"].filter(existsSync);
  for (const shell of shells) {
    it(`passes arguments as they are through ${shell}, on one line`, () => {
      for (const argv of [
        ["printf", "%s\\0", ...args],
        ["sh", "-c", `printf '%s\\0' "$@"\ntrue`, "name", ...args],
      ]) {
        const line = commandForAnyShell(argv);
        assert.ok(!line.includes("\n"));
        const output = execFileSync(shell, ["-c", line], { encoding: "utf8" });
        assert.deepEqual(output.split("\0").slice(0, -1), args);
      }
    });
  }

  it("quotes no line break by itself", () => {
    assert.throws(() => quoteForAnyShell("a\nb"), /line breaks/);
  });
});
