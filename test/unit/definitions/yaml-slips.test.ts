import assert from "node:assert/strict";
import { parseYamlFile } from "../../../definitions/source/yaml-file";
import { UserError, type Mistake } from "../../../definitions/user-error";
import { farm, mistakesOf } from "./resolve/fixtures";

const told = (text: string): readonly Mistake[] => mistakesOf(() => parseYamlFile("f.yaml", text));
const guest = (text: string) => farm(`guests: {list: [{platform: tiny, target: amd64, ${text}}]}`);

describe("slips in YAML files", () => {
  for (const [what, text, said, line] of [
    ["a tag", "a: 1\npassword: !vault |\n  abc\n", /tag.*!vault.*secret/s, 2],
    ["a binary tag", "a: !!binary YQ==\n", /tag.*!!binary/s, 1],
    ["a merge key", "x: &x {a: 1}\ny:\n  <<: *x\n", /merge key/, 3],
    ["a merge conflict", "a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> other\n", /merge conflict/, 2],
    ["many levels", `${"[".repeat(150)}${"]".repeat(150)}`, /nested too deeply/, 1],
    ["very many levels", `${"[".repeat(50_000)}${"]".repeat(50_000)}`, /nested too deeply/, 1],
  ] as const) {
    it(`are one mistake: ${what}`, () => {
      const [mistake, ...others] = told(text);
      assert.deepEqual(others, []);
      assert.match(Object.values(mistake ?? {}).join(" "), said);
      assert.equal(mistake?.line, line);
    });
  }

  it("are none: tags of YAML's own types, and 40 levels", () => {
    assert.deepEqual(parseYamlFile("f.yaml", 'a: !!str 1\nb: !!int "2"').value, { a: "1", b: 2 });
    parseYamlFile("f.yaml", `${"[".repeat(40)}${"]".repeat(40)}`);
  });

  it("say that a text has to be quoted, as it is written", () => {
    const [mistake] = mistakesOf(() => guest("name: 1e3"));
    assert.match(mistake?.remedy ?? "", /quote it.*"1e3"/);
  });

  it("show what JSON has no word for", () => {
    assert.equal(mistakesOf(() => guest("vcpus: .nan"))[0]?.found, "NaN");
  });

  it("tell a name of JavaScript's in a farm file", () => {
    const [mistake, ...others] = mistakesOf(() => farm("guests: {list: []}\nplatforms: {__proto__: {a: 1}}"));
    assert.match(mistake?.what ?? "", /no name that can be used/);
    assert.deepEqual([mistake?.line, others], [2, []]);
  });

  it("tell an addition to what is no list", () => {
    const [mistake, ...others] = mistakesOf(() => guest("+memory: 512"));
    assert.equal(mistake?.path, "guests.list[0].+memory");
    assert.match(mistake.remedy ?? "", /write "memory"/);
    assert.deepEqual(others, []);
  });

  it("are shown twenty at a time, and the rest is counted", () => {
    const error = new UserError(Array.from({ length: 3000 }, (_, index) => ({ what: `mistake ${index}` })));
    assert.equal(error.message.split("\n").length, 21);
    assert.match(error.message, /and 2980 more mistakes$/);
    assert.equal(error.mistakes.length, 3000);
  });
});
