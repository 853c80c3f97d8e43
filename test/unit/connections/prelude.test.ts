import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterPrelude, Prelude } from "../../../connections/ssh/prelude";

const MARK = "mark-1";
const SAID = `Password: \n${MARK} begins\nthe file\n${MARK} is nothing special now`;

describe("output of a program behind su", () => {
  for (const size of [1, 5, 7, 1000]) {
    it(`is told from the question for a password, in pieces of ${size} bytes`, () => {
      let heard = "";
      let own = "";
      const prelude = new Prelude(
        MARK,
        (chunk) => (heard += chunk.toString()),
        (chunk) => (own += chunk.toString()),
      );
      for (let at = 0; at < SAID.length; at += size) prelude.push(Buffer.from(SAID.slice(at, at + size)));
      assert.equal(heard, "Password: \n");
      assert.equal(own, `the file\n${MARK} is nothing special now`);
    });
  }

  it("is told at once, so that the question can be answered", () => {
    const heard: string[] = [];
    const prelude = new Prelude(
      MARK,
      (chunk) => heard.push(chunk.toString()),
      () => assert.fail("nothing has begun"),
    );
    prelude.push(Buffer.from("Password: "));
    assert.deepEqual(heard, ["Password: "]);
  });

  it("is all that a slow reader gets", async () => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 7) % 256));
    const source = Readable.from([Buffer.from(`Password: ${MARK} begins\n`), bytes], { objectMode: false });
    assert.ok((await buffer(source.pipe(afterPrelude(MARK, () => undefined)))).equals(bytes));
  });

  it("is nothing when su lets nobody in", async () => {
    const source = Readable.from([Buffer.from("Password: \nsu: incorrect password\n")], {
      objectMode: false,
    });
    assert.equal((await buffer(source.pipe(afterPrelude(MARK, () => undefined)))).length, 0);
  });
});
