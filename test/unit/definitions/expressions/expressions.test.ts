import assert from "node:assert/strict";
import {
  checkTemplate,
  evaluateTemplate,
  evaluateValue,
  ExpressionError,
  parseTemplate,
} from "../../../../definitions/expressions";

const scope = {
  guest: { name: "debian-12-amd64", ports: [2201, 2202] },
  target: { name: "ppc64", arch: "ppc64le" },
  vars: {
    debianArch: { ppc64: "ppc64el" },
    list: ["a", "b"],
    empty: "",
    none: null,
    flag: true,
    odd: "a b'c",
  },
};
const text = (template: string) => evaluateTemplate(parseTemplate(template), scope);
const value = (template: string) => evaluateValue(parseTemplate(template), scope);

function failure(act: () => unknown): ExpressionError {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof ExpressionError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: "no error was thrown" });
}

describe("expressions", () => {
  it("are refused where they are endless, and never overflow", () => {
    for (const long of [`${"(".repeat(100_000)}1${")".repeat(100_000)}`, `1${" == 1 && 1".repeat(50_000)}`])
      assert.match(failure(() => parseTemplate(`\${{ ${long} }}`)).message, /too long/);
    assert.equal(value(`\${{ ${"(".repeat(200)}1${")".repeat(200)} }}`), 1);
  });

  const results: readonly (readonly [string, string])[] = [
    ["plain", "plain"],
    ["", ""],
    ["a ${{ guest.name }} b", "a debian-12-amd64 b"],
    ["${{guest.name}}${{ target.name }}", "debian-12-amd64ppc64"],
    ["${{ vars.debianArch[target.name] }}", "ppc64el"],
    ["${{ vars['list'][1] }}", "b"],
    ["${{ guest.ports[0] }}", "2201"],
    ["${{ 'it''s }} fine' }}", "it's }} fine"],
    ['${{ "tab\\there \\"quoted\\"" }}', 'tab\there "quoted"'],
    ["${{ target.name == 'ppc64' }}", "true"],
    ["${{ target.name != 'ppc64' || 1 == 2 }}", "false"],
    ["${{ !(target.name == 'x') && 'yes' || 'no' }}", "yes"],
    ["${{ default(vars.missing, 'other') }}", "other"],
    ["${{ default(vars.missing.deeper, 'other') }}", "other"],
    [
      "${{ default(vars.empty, 'other') }}${{ default(vars.none, 1) }}${{ default(guest.name, 2) }}",
      "other1debian-12-amd64",
    ],
    ["${{ join(vars.list, '+') }} ${{ join(vars.list) }}", "a+b a,b"],
    ["${{ upper(lower('AbC')) }}", "ABC"],
    ["${{ replace(guest.name, '-', '$&') }}", "debian$&12$&amd64"],
    ["${{ contains(vars.list, 'b') }} ${{ contains(guest.name, 'amd') }}", "true true"],
    ["$${{ not one }} ${{ -5 }} ${{ 1.5 }}", "${{ not one }} -5 1.5"],
    ["$HOME ${HOME} {{ x }}", "$HOME ${HOME} {{ x }}"],
  ];
  for (const [template, expected] of results) {
    it(`gives ${JSON.stringify(expected)} for ${JSON.stringify(template)}`, () => {
      assert.equal(text(template), expected);
    });
  }

  it("keeps the type of a template that is one expression", () => {
    assert.deepEqual(value("${{ vars.list }}"), ["a", "b"]);
    assert.equal(value("${{ vars.flag }}"), true);
    assert.equal(value("${{ vars.flag }} "), "true ");
  });

  it("quotes what expressions put in and nothing else", () => {
    const quoted = evaluateTemplate(parseTemplate("echo 'x' ${{ vars.odd }}"), scope, (raw) => `<${raw}>`);
    assert.equal(quoted, "echo 'x' <a b'c>");
  });

  it("does not evaluate the side of && and || that does not count", () => {
    assert.equal(text("${{ vars.flag || vars.missing }}"), "true");
    assert.equal(value("${{ vars.empty && vars.missing }}"), "");
  });

  const mistakes: readonly (readonly [string, number, RegExp, string | undefined])[] = [
    ["a ${{ gest.name }}", 6, /no name "gest"/, "guest"],
    ["${{ guest.nmae }}", 10, /guest has no "nmae"/, "name"],
    ["${{ vars.list[7] }}", 14, /no item 7/, undefined],
    ["${{ guest.name.x }}", 4, /guest.name is a text/, undefined],
    ["${{ guest", 0, /not closed/, undefined],
    ["${{ 'open }}", 4, /not closed/, undefined],
    ["${{ }}", 4, /ends too early/, undefined],
    ["${{ guest. }}", 11, /ends too early/, undefined],
    ["${{ a b }}", 6, /"b" is not expected/, undefined],
    ["${{ a = b }}", 6, /"=" cannot stand/, undefined],
    ["${{ joim(vars.list) }}", 4, /no function "joim"/, "join"],
    ["${{ replace('a') }}", 4, /1 argument/, undefined],
    ["${{ join('a') }}", 4, /has to be a list/, undefined],
    ["x ${{ vars.list }}", 6, /gives a list/, undefined],
    ["${{ vars.none }} ", 4, /gives nothing/, undefined],
    ["${{ vars.constructor }}", 9, /no "constructor"/, undefined],
    ["${{ __proto__ }}", 4, /no name/, undefined],
  ];
  for (const [template, offset, what, nearest] of mistakes) {
    it(`refuses ${template} at offset ${offset}`, () => {
      const error = failure(() => text(template));
      assert.match(error.problem.what, what);
      assert.equal(error.offset, offset);
      assert.equal(error.nearest, nearest);
    });
  }
});

describe("checkTemplate", () => {
  const known = { guest: { name: {}, hostname: {} }, vars: "any", secrets: { token: {} } } as const;
  const problems = (template: string) => checkTemplate(parseTemplate(template), known);

  it("accepts known names and everything below an open one", () => {
    assert.deepEqual(problems("${{ guest.name }} ${{ vars.a.b[0] }} ${{ secrets['token'] }}"), []);
  });

  it("lists every unknown name with offset and the nearest one", () => {
    const found = problems("${{ guest.hostnme }} ${{ secret.token == vars.x && secrets.tokn }}");
    assert.deepEqual(
      found.map(({ offset, nearest }) => ({ offset, nearest })),
      [
        { offset: 10, nearest: "hostname" },
        { offset: 25, nearest: "secrets" },
        { offset: 59, nearest: "token" },
      ],
    );
  });

  it("forgives a missing member, not a missing root, inside default", () => {
    assert.deepEqual(problems("${{ default(guest.role, 'none') }}"), []);
    assert.equal(problems("${{ default(gest.role, 'none') }}").length, 1);
  });

  it("checks a computed index but not what is behind it", () => {
    assert.deepEqual(problems("${{ vars.names[guest.name] }}"), []);
    assert.equal(problems("${{ vars.names[guest.nme] }}").length, 1);
  });
});
