import assert from "node:assert/strict";
import { parseYamlFile } from "../../../definitions/source/yaml-file";
import { type Mistake, UserError } from "../../../definitions/user-error";

function mistakesOf(text: string): readonly Mistake[] {
  try {
    parseYamlFile("farm.yaml", text);
  } catch (error) {
    assert.ok(error instanceof UserError);
    return error.mistakes;
  }
  return [];
}

describe("slips in YAML", () => {
  const slips: Readonly<
    Record<string, readonly [text: string, line: number, found: string, remedy: RegExp]>
  > = {
    "a tab": ["a:\n\tb: 1\n", 2, "\\tb: 1", /spaces/],
    "a key that stands twice": ["a: 1\nb: 2\na: 3\n", 3, "a: 3", /one of the two/],
    "a wrong indentation": ["a:\n  b: 1\n c: 2\n", 3, "c: 2", /same column/],
    "a bracket that is not closed": ["a: [1\nb: 2\n", 2, "b: 2", /close brackets/],
    "a colon in a text": ["run: echo a: b\n", 1, "run: echo a: b", /quotes/],
    "a text that begins with %": ["a: %x\n", 1, "a: %x", /quotes/],
    "a backslash between double quotes": ['a: "\\d"\n', 1, 'a: "\\d"', /single quotes/],
    "two documents": ["a: 1\n---\nb: 2\n", 2, "---", /---/],
  };
  for (const [name, [text, line, found, remedy]] of Object.entries(slips)) {
    it(`are told with the line and what to do: ${name}`, () => {
      const [mistake] = mistakesOf(text);
      assert.equal(mistake?.file, "farm.yaml");
      assert.equal(mistake.line, line);
      assert.match(mistake.what, /^is not valid YAML: /);
      assert.equal(mistake.found, found);
      assert.match(mistake.remedy ?? "", remedy);
    });
  }

  it("are told of a quote that is not closed, at the end of the file", () => {
    assert.equal(mistakesOf("a: 'x\n")[0]?.remedy, "close the quote");
  });

  it("are told of aliases without an anchor, and of those that never end", () => {
    assert.match(mistakesOf("a: *b\n")[0]?.what ?? "", /no anchor "&b"/);
    const [circle] = mistakesOf("a: &a\n  b: [*a]\n");
    assert.match(circle?.what ?? "", /"\*a" stands inside of what it stands for/);
    assert.equal(circle?.line, 2);
  });

  it("are none in anchors and aliases that end", () => {
    assert.deepEqual(parseYamlFile("farm.yaml", "a: &a {b: 1}\nc: [*a, *a]\n").value, {
      a: { b: 1 },
      c: [{ b: 1 }, { b: 1 }],
    });
  });
});
