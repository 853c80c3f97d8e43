import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { lineForLogin, readLogin, type Login } from "../../../connections/guest/wrapped-program";

const ARGS = ["a b", "$(id)", "it's", "", "-n", "*"];
const PROGRAM = ["printf", "%s\\0", ...ARGS];
const SCRIPT = ["sh", "-c", `printf '%s\\0' "$@"`, "x", ...ARGS];
const GROUP = ["sh", "-c", "ps -o pgid= -p $$; echo $$", "x"];
const LOGINS: readonly (Login | undefined)[] = [
  undefined,
  ...(["leads", "setsid", "unknown"] as const).flatMap((group) => [
    { group, plain: false },
    { group, plain: true },
  ]),
];

/** As an SSH server does: OpenSSH's has the login shell lead a group, Dropbear's does not. */
function logIn(line: string, { leads }: { leads: boolean }) {
  const { stdout, stderr, status } = spawnSync("sh", ["-c", line], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, SHELL: "/bin/sh" },
    // Node gives a child a group of its own for this, and only then.
    ...(leads ? { detached: true } : {}),
  });
  const [before, own] = stdout.split("MARK begins\n");
  assert.equal(before, "", "nothing comes before the word that the output begins");
  const words = stderr.split("\n").flatMap((text) => /^MARK (.*)$/.exec(text)?.[1] ?? []);
  return { stdout: own ?? "", status, words };
}

describe("the line for a login shell", () => {
  for (const login of LOGINS) {
    const fits = (leads: boolean) => login?.group !== (leads ? "setsid" : "leads");
    const name = login === undefined ? "nothing" : `${login.group}, ${login.plain ? "plain" : "not plain"}`;
    for (const leads of [true, false]) {
      if (!fits(leads)) continue;
      describe(`when ${name} is known, ${leads ? "as from OpenSSH" : "as from Dropbear"}`, () => {
        for (const [what, argv] of Object.entries({ program: PROGRAM, script: SCRIPT })) {
          it(`gives a ${what} its arguments unchanged, and says its process`, () => {
            for (const alone of [true, false]) {
              const { stdout, status, words } = logIn(lineForLogin("MARK", argv, { alone }, login), {
                leads,
              });
              assert.deepEqual(stdout.split("\0").slice(0, -1), ARGS);
              assert.equal(status, 0);
              assert.equal(words.filter((word) => /^pid \d+$/.test(word)).length, 1);
              assert.equal(
                words.some((word) => word.startsWith("login ")),
                login === undefined,
              );
            }
          });
        }

        it("has a program that is not alone lead a group, under the process that it says", () => {
          const { stdout, words } = logIn(lineForLogin("MARK", GROUP, {}, login), { leads });
          const [group, own] = stdout.split("\n").map((text) => text.trim());
          assert.equal(group, own);
          assert.ok(words.includes(`pid ${group ?? ""}`));
        });

        it("keeps the exit code", () => {
          const argv = ["sh", "-c", 'exit "$1"', "x", "7"];
          for (const alone of [true, false]) {
            assert.equal(logIn(lineForLogin("MARK", argv, { alone }, login), { leads }).status, 7);
          }
        });
      });
    }
  }

  it("is as short as the login allows", () => {
    const line = (login: Login, alone = false) => lineForLogin("MARK", ["sync"], { alone }, login);
    assert.equal(
      line({ group: "unknown", plain: true }, true),
      "echo MARK begins; echo MARK pid $$ >&2; exec sync",
    );
    assert.equal(line({ group: "leads", plain: true }), "echo MARK begins; echo MARK pid $$ >&2; exec sync");
    assert.match(
      line({ group: "setsid", plain: true }),
      /^exec setsid sh -c 'echo "\$1 begins"; echo "\$1 pid/,
    );
    assert.match(
      line({ group: "setsid", plain: false }, true),
      /^exec sh -c 'echo "\$1 begins"; echo "\$1 pid/,
    );
  });
});

describe("what a program tells of its login", () => {
  const told = (leads: boolean) =>
    logIn(lineForLogin("MARK", ["true"], { alone: true }, undefined), { leads }).words.flatMap(
      (word) => /^login (.*)$/.exec(word)?.[1] ?? [],
    );

  it("is whether it leads a group, and its shell", () => {
    assert.deepEqual(told(true), ["leads:sh"]);
    assert.deepEqual(told(false), ["setsid:sh"]);
  });

  it("is trusted for plain shells alone", () => {
    assert.deepEqual(readLogin("leads:sh"), { group: "leads", plain: true });
    assert.deepEqual(readLogin("setsid:dash"), { group: "setsid", plain: true });
    for (const shell of ["bash", "zsh", "fish", "csh", ""])
      assert.equal(readLogin(`leads:${shell}`).plain, false);
    assert.deepEqual(readLogin(""), { group: "unknown", plain: false });
  });
});
