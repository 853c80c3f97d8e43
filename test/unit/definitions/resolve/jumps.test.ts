import { strict as assert } from "node:assert";
import { UserError } from "../../../../definitions";
import { farm, mistakeOf, mistakesOf } from "./fixtures";

const over = (ways: Readonly<Record<string, string>>) => `
hypervisors: {here: {}}
guests:
  list:
${Object.entries(ways)
  .map(([name, jump]) => {
    const connection = jump === "" ? "" : `, connection: {type: ssh, jump: ${jump}}`;
    return `    - {platform: tiny, target: amd64, name: ${name}${connection}}`;
  })
  .join("\n")}
`;
const passing = (name: string) => `[{guest: ${name}}]`;

describe("the guests that a guest is reached over", () => {
  it("may be named before or after it, with bastions before them", () => {
    const { guests } = farm(over({ a: "[me@bastion:2222, {guest: b}]", b: passing("c"), c: "false" }));
    assert.deepEqual(guests[0]?.way?.jump, ["me@bastion:2222", { guest: "b" }]);
  });

  it("have to be in the farm", () => {
    const mistake = mistakeOf(() => farm(over({ hidden: passing("gaet"), gate: "" })));
    assert.deepEqual(mistake, {
      file: "stacks/s/farm.yaml",
      line: 5,
      column: 83,
      path: "guests.list[0].connection.jump",
      what: "the way leads over a guest that the farm does not have",
      found: "gaet",
      allowed: "one of hidden, gate",
      remedy: 'did you mean "gate"?',
    });
  });

  it("have another remedy when no name is near", () => {
    const mistake = mistakeOf(() => farm(over({ hidden: passing("rack7") })));
    assert.match(mistake.remedy ?? "", /\[user@\]host\[:port\]/);
  });

  it("cannot be the guest itself", () => {
    const mistake = mistakeOf(() => farm(over({ a: passing("a") })));
    assert.match(mistake.what, /guest "a" would be reached over itself/);
    assert.equal(mistake.found, "a over a");
  });

  it("cannot lead back to it; a loop is told once, with all that is in it", () => {
    const text = over({ outside: passing("a"), a: passing("b"), b: passing("c"), c: passing("a") });
    const mistake = mistakeOf(() => farm(text));
    assert.deepEqual(
      [mistake.path, mistake.line, mistake.found],
      ["guests.list[1].connection.jump", 6, "a over b over c over a"],
    );
    assert.match(mistake.remedy ?? "", /connection\.jump/);
  });

  it("are told each when several are wrong", () => {
    const text = over({
      a: passing("b"),
      b: passing("a"),
      c: passing("d"),
      d: passing("c"),
      e: passing("x"),
    });
    const mistakes = mistakesOf(() => farm(text));
    assert.deepEqual(mistakes.map(({ found }) => found).sort(), ["a over b over a", "c over d over c", "x"]);
    assert.ok(new UserError(mistakes).message.split("stacks/s/farm.yaml").length === 4);
  });
});
