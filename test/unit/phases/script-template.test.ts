import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { parseTemplate } from "../../../definitions/expressions";
import { renderScript, scriptTemplate, type ScriptShell } from "../../../phases/expressions/script-template";

const NASTY = [
  "plain",
  "two words",
  "",
  "$(echo injected)",
  "`echo injected`",
  "a'b",
  'a"b',
  "a\\b\\",
  "'; echo injected; '",
  '"; echo injected; "',
  "$HOME ${HOME} !x *",
  "line\nbreak",
  "EOF\necho injected",
  "# comment",
  "-n",
  "tab\there",
  "é ✓ ‘quotes’",
];

function render(text: string, scope: Record<string, unknown>, shell: ScriptShell = "sh"): string {
  return renderScript(scriptTemplate(parseTemplate(text), shell), scope);
}

function run(text: string, scope: Record<string, unknown>, shell: "sh" | "bash" = "sh"): string {
  return execFileSync(shell, ["-s"], { input: render(text, scope, shell), encoding: "utf8", stdio: "pipe" });
}

describe("values in scripts", () => {
  const places: Record<string, string> = {
    "between words": "printf '[%s]' ${{ v }}",
    "inside a word": "printf '[%s]' a${{ v }}z",
    "in double quotes": 'printf "[%s]" "a${{ v }}z"',
    "in single quotes": "printf '[%s]' 'a${{ v }}z'",
    "in an assignment": "X=a${{ v }}z; printf '[%s]' \"$X\"",
    "in a command substitution": "printf '[%s]' \"$(printf '%s.' a${{ v }}z)\"",
    "in a command substitution's double quotes": "printf '[%s]' \"$(printf '%s.' \"a${{ v }}z\")\"",
    "in a parameter's default": 'printf "[%s]" "${NOTHING:-a${{ v }}z}"',
    "in an unquoted parameter's default": "printf '[%s]' ${NOTHING:-a${{ v }}z}",
    "after a comment with a quote": "# don't\nprintf '[%s]' a${{ v }}z",
    "after a word with a hash": "printf '[%s]' a#b'c'${{ v }}z",
    "after an escaped quote": "printf '[%s]' \\'a${{ v }}z",
    "in a here-document": "cat <<EOF\na${{ v }}z\nEOF\n",
    "in a here-document with tabs": "cat <<-EOF\n\ta${{ v }}z\n\tEOF\n",
    "after a here-document": "cat <<'EOF'\nit's \"\nEOF\nprintf '[%s]' a${{ v }}z",
    "in a subshell": "(cd / && printf '[%s]' a${{ v }}z)",
    "in a case": 'case x in x) printf "[%s]" a${{ v }}z;; esac',
  };
  const words: Record<string, (v: string) => string> = {
    "between words": (v) => `[${v}]`,
    "in a command substitution": (v) => `[a${v}z.]`,
    "in a command substitution's double quotes": (v) => `[a${v}z.]`,
    "in a here-document": (v) => `a${v}z\n`,
    "in a here-document with tabs": (v) => `a${v}z\n`,
    "after a here-document": (v) => `it's "\n[a${v}z]`,
    "after a word with a hash": (v) => `[a#bc${v}z]`,
    "after an escaped quote": (v) => `['a${v}z]`,
  };
  for (const shell of ["sh", "bash"] as const) {
    for (const [place, script] of Object.entries(places)) {
      it(`stay what they are ${place} (${shell})`, () => {
        for (const v of NASTY) {
          const expected = (words[place] ?? ((value) => `[a${value}z]`))(v);
          assert.equal(run(script, { v }, shell), expected, JSON.stringify(v));
        }
      });
    }
  }

  it("stay what they are in bash's $'...'", () => {
    for (const v of NASTY)
      assert.equal(run("printf '[%s]' $'a\\'${{ v }}\\tz'", { v }, "bash"), `[a'${v}\tz]`);
  });

  it("do nothing in a comment", () => {
    for (const v of NASTY) assert.equal(run("# ${{ v }}\necho ok # ${{ v }}", { v }), "ok\n");
  });

  it("in backquotes are one word", () => {
    assert.equal(run("echo `printf '[%s]' ${{ v }}`", { v: "a b" }), "[a b]\n");
  });

  it("that are lists become one word for each item", () => {
    assert.equal(run("printf '[%s]' x ${{ v }}", { v: ["a b", "$(c)", 3] }), "[x][a b][$(c)][3]");
    assert.equal(run("printf '[%s]' x ${{ v }} y", { v: [] }), "[x][y]");
    assert.equal(run('printf "[%s]" "${{ v }}"', { v: ["a", "b"] }), "[a b]");
  });

  it("are whole numbers in arithmetic, or refused", () => {
    assert.equal(run("echo $(( ${{ v }} + (1) ))", { v: 41 }), "42\n");
    assert.equal(run("(( x = ${{ v }} * 2 )); echo $x", { v: "-4" }, "bash"), "-8\n");
    assert.throws(() => render("echo $(( ${{ v }} ))", { v: "a[$(id)]" }), /whole number/);
  });

  const RUNNING = "a[$(echo injected >&2)]";
  const calculating: Record<string, string> = {
    "a comparison": "[[ ${{ v }} -eq 7 ]] && echo yes",
    "a comparison's right side, in quotes": '[[ x == x && 7 -eq "${{ v }}" ]] && echo yes',
    "an element that is set": "a[${{ v }}]=yes; echo ${a[7]}",
    "an element that is read": 'a=(); a[7]=yes; echo "${a[${{ v }}]}"',
    "an element of a list": "a=([${{ v }}]=yes); echo ${a[7]}",
    "a substring": "x=.......yes; echo ${x:${{ v }}}",
    let: "let x=${{ v }}; [ $x = 7 ] && echo yes",
  };
  for (const [where, script] of Object.entries(calculating)) {
    it(`are whole numbers in ${where}, or refused`, () => {
      assert.equal(run(script, { v: 7 }, "bash"), "yes\n");
      assert.throws(() => render(script, { v: RUNNING }, "bash"), /only a whole number can stand/);
    });
  }

  it("are refused in what the shell runs", () => {
    for (const script of [
      "sh -c 'echo ${{ v }}'",
      'sudo -u x /bin/bash -ec "cd /\necho ${{ v }}"',
      "bash -eo pipefail -c ${{ v }}",
      "su - builder -c \\\n  'make ${{ v }}'",
      "x=$(dash -c 'echo ${{ v }}')",
      'if eval "x=${{ v }}"; then :; fi',
      "trap 'rm -f ${{ v }}' EXIT",
    ]) {
      assert.throws(
        () => scriptTemplate(parseTemplate(script), "bash"),
        /the shell would run the value/,
        script,
      );
    }
  });

  it("are taken beside what the shell runs or calculates", () => {
    for (const [script, expected] of [
      ["sh -c 'echo \"$1\"' sh ${{ v }}", RUNNING],
      ["sh -c 'exit 1' || echo ${{ v }}", RUNNING],
      ['eval "echo "$(printf %s ${{ v }} | wc -c)""', String(RUNNING.length)],
      ["trap 'echo end' EXIT; echo ${{ v }}", `${RUNNING}\nend`],
      ["[[ ${{ v }} == a* && 1 -eq 1 ]] && echo ${{ v }}", RUNNING],
      ["[[ 1 -eq 1 ]]; echo a[${{ v }}", `a[${RUNNING}`],
      ['echo "a[${{ v }}]=1"', `a[${RUNNING}]=1`],
      ['echo "${x:-${{ v }}}"', RUNNING],
      ["# sh -c\necho ${{ v }}", RUNNING],
    ] as const) {
      assert.equal(run(script, { v: RUNNING }, "bash"), `${expected}\n`, script);
    }
    assert.throws(() => run("[ ${{ v }} -eq 1 ]", { v: RUNNING }, "bash"), /integer expression expected/);
  });

  it("that are maps, nothing, or hold a NUL are refused", () => {
    assert.throws(() => render("echo ${{ v }}", { v: { a: 1 } }), /map or nothing/);
    assert.throws(() => render("echo ${{ v }}", { v: null }), /map or nothing/);
    assert.throws(() => render("echo ${{ v }}", { v: "a\0b" }), /NUL/);
  });

  it("are refused where the shell expands nothing", () => {
    for (const open of ["<<'EOF'", '<<"EOF"', "<<\\EOF", "<<-'EOF'"]) {
      assert.throws(
        () => scriptTemplate(parseTemplate(`cat ${open}\n\${{ v }}\nEOF\n`), "sh"),
        /here-document/,
      );
    }
    assert.throws(() => scriptTemplate(parseTemplate("echo '${{ v }}'"), "powershell"), /single quotes/);
    assert.throws(
      () => scriptTemplate(parseTemplate("$x = @'\n${{ v }}\n'@"), "powershell"),
      /here-document/,
    );
  });

  it("keep the script's line numbers", () => {
    const script = render("echo ${{ v }}\nfalse\nexit 3\n", { v: "x" });
    assert.equal(script.split("\n")[1], "false");
  });

  it("are not parsed even when the scanner is led astray", () => {
    const astray = "x=$(case a in a) echo '1' ;; esac)\nprintf '%s' \"${{ v }}\"";
    for (const v of NASTY) assert.ok(!run(astray, { v }).startsWith("injected"));
  });

  it("are variables of PowerShell", () => {
    assert.equal(
      render('Write-Output ${{ v }} "a ${{ v }}" # it\'s ${{ v }}', { v: "it's" }, "powershell"),
      "$GUEST_FARM_1 = 'it''s'; $GUEST_FARM_2 = 'it''s'; $GUEST_FARM_3 = 'it''s'; " +
        'Write-Output ${GUEST_FARM_1} "a ${GUEST_FARM_2}" # it\'s ${GUEST_FARM_3}',
    );
    assert.equal(
      render("echo ${{ v }}", { v: ["a", "b"] }, "powershell"),
      "$GUEST_FARM_1 = 'a'; $GUEST_FARM_2 = 'b'; echo @(${GUEST_FARM_1}, ${GUEST_FARM_2})",
    );
    assert.match(
      render('@"\nit\'s ${{ v }}\n"@ + ${{ v }}', { v: "x" }, "powershell"),
      /\$\{GUEST_FARM_2\}$/,
    );
  });
});
