import { strict as assert } from "node:assert";
import { MarkFilter } from "../../../connections/guest/mark-filter";
import { Limiter } from "../../../connections/limiter";
import { LineSplitter } from "../../../connections/process/line-splitter";
import { LineQueue } from "../../../connections/process/line-queue";
import { TailBuffer } from "../../../connections/process/tail-buffer";

describe("the filter of the wrapper's words", () => {
  const MARK = "guest-farm-0123456789abcdef";

  function filtered(input: Buffer, size: number): { data: string; events: string[] } {
    const events: string[] = [];
    const data: Buffer[] = [];
    const filter = new MarkFilter(
      MARK,
      ({ word, value }) => events.push(`${word}=${value}`),
      (chunk) => data.push(Buffer.from(chunk)),
    );
    for (let at = 0; at < input.length; at += size) filter.push(input.subarray(at, at + size));
    filter.end();
    return { data: Buffer.concat(data).toString("latin1"), events };
  }

  it("takes out its lines and nothing else, however the stream is cut", () => {
    const text = `noise guest-farm-01\n${MARK} pid 42\nout\xff\0put guest-${MARK} end 7\nrest\nguest-farm-0123`;
    const input = Buffer.from(text, "latin1");
    for (let size = 1; size <= input.length; size += 1) {
      assert.deepEqual(
        filtered(input, size),
        {
          data: "noise guest-farm-01\nout\xff\0put guest-rest\nguest-farm-0123",
          events: ["pid=42", "end=7"],
        },
        `chunks of ${size}`,
      );
    }
  });

  it("holds back no complete output", () => {
    const data: string[] = [];
    const filter = new MarkFilter(
      MARK,
      () => assert.fail(),
      (chunk) => data.push(chunk.toString()),
    );
    filter.push(Buffer.from("hello\n"));
    assert.deepEqual(data, ["hello\n"]);
  });
});

describe("the cutter of lines", () => {
  it("finds the same lines, however the stream is cut", () => {
    const text = "one\n\ntwo three\nfour";
    for (let size = 1; size <= text.length; size += 1) {
      const splitter = new LineSplitter();
      const lines: string[] = [];
      for (let at = 0; at < text.length; at += size) lines.push(...splitter.push(text.slice(at, at + size)));
      assert.deepEqual([...lines, splitter.take()], ["one", "", "two three", "four"], `chunks of ${size}`);
    }
  });

  it("drops what a line has beyond the limit, and nothing of the next", () => {
    const splitter = new LineSplitter(5);
    assert.deepEqual(splitter.push("abc"), []);
    assert.deepEqual(splitter.push("defg"), []);
    assert.deepEqual(splitter.push("h\nok\n"), ["abcde", "ok"]);
  });
});

describe("an endless line", () => {
  const MIB = 1024 * 1024;

  it("is joined once, when somebody takes it", () => {
    const joins: number[] = [];
    const join = Array.prototype.join;
    const splitter = new LineSplitter();
    Array.prototype.join = function (this: unknown[], separator?: string): string {
      joins.push(this.length);
      return join.call(this, separator);
    };
    try {
      for (let piece = 0; piece < 1024; piece += 1) splitter.push("x".repeat(64 * 1024));
      assert.equal(splitter.take().length, 64 * MIB);
    } finally {
      Array.prototype.join = join;
    }
    assert.deepEqual(joins, [1024]);
  });

  it("that begins with our mark is not held back", () => {
    let passed = 0;
    let largest = 0;
    const mark = "guest-farm-0123456789abcdef";
    const filter = new MarkFilter(
      mark,
      () => assert.fail("no words were said"),
      (data) => {
        passed += data.length;
        largest = Math.max(largest, data.length);
      },
    );
    const piece = Buffer.alloc(64 * 1024, "x");
    filter.push(Buffer.from(mark));
    for (let pieces = 0; pieces < 1024; pieces += 1) filter.push(piece);
    filter.end();
    assert.equal(passed, mark.length + 64 * MIB);
    assert.ok(largest <= mark.length + piece.length, `${largest} bytes at once`);
  });
});

describe("the tail of a stream", () => {
  it("is its last bytes, whatever the chunks", () => {
    for (const size of [1, 7, 10, 23, 1000]) {
      const tail = new TailBuffer(10);
      const all = Buffer.from("0123456789".repeat(20) + "abc");
      for (let at = 0; at < all.length; at += size) tail.push(all.subarray(at, at + size));
      assert.equal(tail.toString(), "3456789abc", String(size));
    }
  });

  it("of a short stream is all of it", () => {
    const tail = new TailBuffer(10);
    assert.equal(tail.toString(), "");
    tail.push(Buffer.from("abc"));
    assert.equal(tail.toString(), "abc");
  });
});

describe("the queue of lines", () => {
  it("keeps what comes before somebody reads, and wakes who reads before something comes", async () => {
    const queue = new LineQueue();
    queue.push("a\nb");
    const lines: string[] = [];
    const reading = (async () => {
      for await (const line of queue) lines.push(line);
    })();
    queue.push("c\n\n");
    await new Promise((resolve) => setImmediate(resolve));
    queue.push("d");
    queue.end();
    queue.end();
    await reading;
    assert.deepEqual(lines, ["a", "bc", "", "d"]);
  });
});

describe("the limiter", () => {
  it("lets no more than its limit in, in order", async () => {
    const limiter = new Limiter(2);
    const order: number[] = [];
    let inside = 0;
    let most = 0;
    await Promise.all(
      [1, 2, 3, 4, 5].map(async (n) => {
        const leave = await limiter.enter();
        order.push(n);
        inside += 1;
        most = Math.max(most, inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside -= 1;
        leave();
        leave();
      }),
    );
    assert.deepEqual(order, [1, 2, 3, 4, 5]);
    assert.equal(most, 2);
  });

  it("forgets who gave up waiting", async () => {
    const limiter = new Limiter(1);
    const leave = await limiter.enter();
    const controller = new AbortController();
    const waiting = limiter.enter(controller.signal);
    const next = limiter.enter();
    controller.abort(new Error("gave up"));
    await assert.rejects(waiting, /gave up/);
    leave();
    (await next)();
    (await limiter.enter())();
    await assert.rejects(limiter.enter(controller.signal), /gave up/);
  });
});
