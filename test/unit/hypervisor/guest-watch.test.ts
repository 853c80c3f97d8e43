import assert from "node:assert/strict";
import type { GuestConnection, ReadinessOptions } from "../../../connections/guest-connection";
import { GuestWatch, panicLines } from "../../../hypervisor/guest-watch";
import { fakeHost, refusal } from "./fake-host";

const PANIC = `[    0.4] ..MP-BIOS bug: 8254 timer not connected to IO-APIC
[    0.5] Kernel panic - not syncing: IO-APIC + timer doesn't work!  Boot with apic=debug
[    0.5] CPU: 0 PID: 1 Comm: swapper/0
[    0.5] ---[ end Kernel panic ]---
`;

/** A guest that never answers, on a host that says of it what the test wants. */
function neverReady(said: { state?: string | null; console?: string; size?: number }) {
  const asked: (readonly string[])[] = [];
  const host = fakeHost((argv) => {
    asked.push(argv);
    if (argv[1] === "domstate")
      return said.state === null ? refusal("failed to get domain 'web'") : said.state;
    if (argv[0] === "stat") return `${said.size ?? 0}\n`;
    if (argv[0] === "df") return "Avail Mounted on\n   0 /pool\n";
    if (argv[0] === "sh") return said.console ?? "";
    return undefined;
  });
  const connection = {
    waitUntilReady: ({ signal }: ReadinessOptions) =>
      new Promise<void>((_, reject) => {
        const never = setTimeout(() => reject(new Error("nobody has ended the wait")), 9_000);
        signal?.addEventListener("abort", () => {
          clearTimeout(never);
          reject(signal.reason as Error);
        });
      }),
  } as GuestConnection;
  const files = { console: "/pool/web/console.log", folder: "/pool/web" };
  const watch = new GuestWatch(host, "web", files, "web/amd64", { waitMs: 10, phaseMs: 10 });
  const wait = (signal?: AbortSignal) =>
    watch
      .guard(connection)
      .waitUntilReady({ mode: "login", timeoutMs: 600_000, ...(signal === undefined ? {} : { signal }) });
  return { watch, wait, asked };
}

describe("waiting for a guest", () => {
  for (const [what, said, why] of [
    ["goes off", { state: "shut off (destroyed)\n" }, /"web\/amd64" went off while.*shut off \(destroyed\)/],
    [
      "goes off after a panic",
      { state: "shut off (crashed)\n", console: PANIC },
      /went off[^]*\| .*IO-APIC \+/,
    ],
    [
      "panics",
      { state: "running (booted)\n", console: PANIC },
      /has panicked[^]*IO-APIC \+ timer doesn't work/,
    ],
    ["crashes", { state: "crashed (panicked)\n" }, /has crashed/],
    ["is removed", { state: null }, /is not defined any more/],
    ["is stopped by a full disk", { state: "paused (I/O error)\n" }, /disk full\? 0 are free in \/pool/],
  ] as const) {
    it(`ends at once when it ${what}`, async () => {
      await assert.rejects(neverReady(said).wait(), why);
    });
  }

  it("goes on while it is only slow, and a cancellation keeps its reason", async () => {
    const stop = new AbortController();
    const { wait, asked } = neverReady({ state: "running (booted)\n", console: "Linux version 6.1\n" });
    const waiting = wait(stop.signal);
    const looked = () => asked.some(([program]) => program === "sh");
    while (!looked()) await new Promise((resolve) => setTimeout(resolve, 20));
    stop.abort(new Error("cancelled"));
    await assert.rejects(waiting, /^Error: cancelled$/);
  });

  it("counts what the console says from its boot on, or from the wait on where nobody has booted it", async () => {
    const { watch, wait, asked } = neverReady({ state: "running\n", console: PANIC, size: 4711 });
    await watch.mark({ start: () => Promise.resolve() } as Parameters<GuestWatch["mark"]>[0]).start();
    await assert.rejects(wait(), /has panicked/);
    assert.equal(asked.filter(([program]) => program === "stat").length, 1);
    assert.equal(asked.find(([program]) => program === "sh")![5], "4711");
    await assert.rejects(wait(), /has panicked/);
    assert.equal(asked.filter(([program]) => program === "stat").length, 2);
  });
});

describe("a phase", () => {
  it("ends when the hypervisor has stopped its guest for want of room", async () => {
    const { watch } = neverReady({ state: "paused (I/O error)\n" });
    const running = watch.duringPhase(
      new AbortController().signal,
      (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason as Error));
        }),
    );
    await assert.rejects(running, /could not be written: is the hypervisor's disk full\?/);
  });
});

describe("the lines of a panic", () => {
  it("are those around its first words", () => {
    const many = `${"boot\n".repeat(50)}${PANIC}${"more\n".repeat(50)}`;
    const lines = panicLines(many)!;
    assert.equal(lines.length, 9);
    assert.ok(lines[2]!.includes("not syncing: IO-APIC"));
    assert.equal(panicLines("kernel: no panic here\n"), null);
  });
});
