import assert from "node:assert/strict";
import { StepWatch } from "../../../hypervisor/images/step-watch";

describe("watch over the steps of an image", () => {
  let now = 0;
  let shown: [number, string][] = [];
  let watch: StepWatch;
  beforeEach(() => {
    now = 5_000;
    shown = [];
    const observer = {
      progress: (text: string) => void shown.push([now, text]),
      warning: (text: string) => void shown.push([now, `warning: ${text}`]),
    };
    watch = new StepWatch(observer, () => now);
  });
  const pass = (seconds: number, each: (second: number) => void = () => undefined) => {
    for (let second = 1; second <= seconds; second++) {
      now += 1000;
      each(second);
      watch.tick();
    }
  };
  const texts = () => shown.map(([, text]) => text);

  it("says nothing before there is a step", () => {
    pass(100);
    assert.deepEqual(shown, []);
  });

  it("shows a step at once, and every 10 s that it goes on", () => {
    watch.progress("installing");
    pass(25);
    assert.deepEqual(texts(), ["installing", "installing (10 s)", "installing (20 s)"]);
  });

  it("shows the last line of output, and again while there is no other", () => {
    watch.progress("installing");
    watch.output("one");
    watch.output("two");
    pass(12);
    assert.deepEqual(texts(), ["installing", "installing (1 s) | two", "installing (11 s) | two"]);
  });

  it("is silent for 10 s at most, and shows fewer lines the longer a step takes", () => {
    watch.progress("installing");
    pass(3600, (second) => watch.output(`line ${second}`));
    const pauses = shown.slice(1).map(([at], index) => at - (shown[index]?.[0] ?? 0));
    assert.ok(Math.max(...pauses) <= 10_000, `${Math.max(...pauses)} ms`);
    assert.ok(shown.length < 450, `${shown.length} lines`);
  });

  it("begins anew with the next step, and forgets a script's result", () => {
    watch.progress("one");
    watch.output("words");
    watch.progress("two");
    watch.output("1048576");
    watch.scriptEnded();
    pass(10);
    assert.deepEqual(texts(), ["one", "two", "two (10 s)"]);
  });

  it("shows a line as a terminal would, and no more than a row has room for", () => {
    watch.progress("x");
    watch.output("10%\r\u001b[32m20%\u001b[0m\r");
    pass(1);
    watch.output("a".repeat(1000));
    pass(1);
    watch.output("  \u001b[0m ");
    pass(9);
    assert.deepEqual(texts().slice(1, 3), ["x (1 s) | 20%", `x (2 s) | ${"a".repeat(120)}...`]);
    assert.equal(shown.length, 3);
  });

  it("passes warnings on", () => {
    watch.warning("careful");
    assert.deepEqual(texts(), ["warning: careful"]);
  });
});
