import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { OpenRooms } from "../../cli/lifecycle/rooms";
import { type Lease, LeaseHeldError, type LeaseHolder } from "../../hypervisor/leases/lease";
import type { FilePhase } from "../../phases/lifecycle/phase-names";
import type { PhaseOutcome } from "../../phases/lifecycle/ports";

/**
 * What a phase of the fake guest does: pass, fail with output, never end, print `bytes` and pass, or print a secret.
 * Read from `scenario.json` of the world.
 */
export type Behaviour = "pass" | "fail" | "hang" | "secret" | { readonly bytes: number };
export type Scenario = Partial<Record<FilePhase, Behaviour>> & { readonly secret?: string };

/** A guest and its hypervisor as files in a folder, so that they outlive the processes of a run. */
export class World {
  constructor(readonly folder: string) {
    mkdirSync(folder, { recursive: true });
  }

  play(scenario: Scenario): void {
    writeFileSync(this.path("scenario.json"), JSON.stringify(scenario));
  }

  get scenario(): Scenario {
    return JSON.parse(this.read("scenario.json", "{}")) as Scenario;
  }

  get trace(): readonly string[] {
    return this.read("trace", "")
      .split("\n")
      .filter((line) => line !== "");
  }

  note(text: string): void {
    appendFileSync(this.path("trace"), `${text}\n`);
  }

  get power(): "on" | "off" {
    return this.read("power", "off") as "on" | "off";
  }

  set power(state: "on" | "off") {
    writeFileSync(this.path("power"), state);
  }

  get snapshots(): readonly string[] {
    return JSON.parse(this.read("snapshots.json", "[]")) as string[];
  }

  addSnapshot(name: string): void {
    writeFileSync(this.path("snapshots.json"), JSON.stringify([...this.snapshots, name]));
  }

  get holder(): (LeaseHolder & { readonly pid: number }) | null {
    const text = this.read("lease", "");
    return text === "" ? null : (JSON.parse(text) as LeaseHolder & { pid: number });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  private read(name: string, missing: string): string {
    return existsSync(this.path(name)) ? readFileSync(this.path(name), "utf8") : missing;
  }
}

const LOOK_EVERY_MS = 20;

/** Rooms whose guest is a `World` in the hypervisor's pool folder. */
export const openFakeRooms: OpenRooms = async (spec, { log }) => {
  const world = new World(spec.domain.hypervisor.diskPoolPath);
  const act = (text: string) => {
    world.note(text);
    return Promise.resolve();
  };
  const restored = (name: string) => {
    world.note(`restore ${name}`);
    world.power = "on";
    return Promise.resolve({ resumed: "memory" } as const);
  };
  return Promise.resolve({
    acquireLease: (options) => acquire(world, options.holder, options.waitMs, options.signal, options.onWait),
    acquireSlot: ({ limits }) => {
      world.note(`room taken of ${JSON.stringify(limits)}`);
      return Promise.resolve();
    },
    writeLastRun: (summary) => {
      writeFileSync(world.path("last-run.json"), JSON.stringify(summary));
      return Promise.resolve();
    },
    close: () => act("close"),
    openPorts: () =>
      Promise.resolve({
        warnings: [],
        power: {
          state: () => Promise.resolve(world.power),
          start: () => {
            world.power = "on";
            return act("boot");
          },
          shutDown: async () => {
            world.power = "off";
            await act("shut down");
            return "graceful" as const;
          },
          powerOff: () => {
            world.power = "off";
            return act("power off");
          },
        },
        snapshots: {
          strategy: "saved",
          takenWhile: "on",
          look: ({ name, token }) =>
            Promise.resolve(
              world.snapshots.includes(name)
                ? ({ state: "hit", resumes: "memory", reason: "", token } as const)
                : ({ state: "miss", reason: "" } as const),
            ),
          restore: restored,
          create: ({ name }) => {
            world.addSnapshot(name);
            return act(`create ${name}`);
          },
          disksNow: () => Promise.resolve(world.snapshots.length === 0 ? "pristine" : "touched"),
          beginFirstBoot: () => Promise.resolve(world.snapshots.length === 0),
          endFirstBoot: () => Promise.resolve(),
          markTouched: () => Promise.resolve(),
          resetToBase: () => act("reset to base"),
          removeSeed: () => act("remove seed"),
          prepareSettle: () => Promise.resolve(),
          settle: () => act("settle"),
        },
        access: {
          waitUntilReady: () => act("wait"),
          refresh: () => act("set clock").then(() => []),
          syncFileSystems: () => act("sync"),
          drop: () => act("drop"),
          answers: () => Promise.resolve(world.power === "on"),
        },
        phases: {
          fileOf: (phase) => `${phase}.yaml`,
          run: async (phase, signal) => {
            world.note(`${phase} starts`);
            log.stepStarted(phase, { number: 1, count: 1, name: "work" });
            const say = (text: string) => log.output(phase, "stdout", Buffer.from(text));
            const outcome = await behave(world, world.scenario[phase] ?? "pass", say, signal);
            world.note(`${phase} ends`);
            return outcome;
          },
        },
      }),
  });
};

async function behave(
  world: World,
  what: Behaviour,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<PhaseOutcome> {
  const passed = { status: "passed", skip: [] } as const;
  if (what === "hang") {
    say("going to take for ever\n");
    await delay(600_000, undefined, { signal });
  }
  if (what === "fail") {
    say("compiling\nundefined reference\n");
    return {
      status: "failed",
      reason: 'step "work" ended with exit code 2',
      exitCode: 2,
      lastLines: ["undefined reference"],
    };
  }
  if (what === "secret") {
    const secret = world.scenario.secret ?? "";
    say(`the secret is ${secret.slice(0, 5)}`);
    say(`${secret.slice(5)}, and in base64 ${Buffer.from(secret).toString("base64")}\n`);
    return {
      status: "failed",
      reason: `could not use ${secret}`,
      exitCode: 1,
      lastLines: [`used ${secret}`],
    };
  }
  if (typeof what === "object") {
    const line = `${"x".repeat(99)}\n`.repeat(600);
    for (let sent = 0; sent < what.bytes; sent += line.length) {
      say(line);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return passed;
}

/** A lease as a file with the holder's process id: abandoned when that process is gone. */
async function acquire(
  world: World,
  holder: LeaseHolder,
  waitMs: number,
  signal: AbortSignal | undefined,
  onWait: ((holder: LeaseHolder, waitedMs: number) => void) | undefined,
): Promise<Lease> {
  const start = Date.now();
  for (let told = false; ;) {
    signal?.throwIfAborted();
    const current = world.holder;
    if (current === null || !isAlive(current.pid)) return hold(world, holder, current);
    const waited = Date.now() - start;
    if (waited >= waitMs) throw new LeaseHeldError("tiny", current, waited);
    if (!told) onWait?.(current, waited);
    told = true;
    await delay(LOOK_EVERY_MS);
  }
}

function hold(world: World, holder: LeaseHolder, abandoned: LeaseHolder | null): Lease {
  writeFileSync(world.path("lease"), JSON.stringify({ ...holder, pid: process.pid }));
  world.note("lease taken");
  const lost = new AbortController();
  const timer = setInterval(() => {
    if (existsSync(world.path("cut"))) lost.abort(new Error("the lease was lost: no answer for 20 s"));
  }, LOOK_EVERY_MS);
  return {
    abandoned,
    lost: lost.signal,
    release: () => {
      clearInterval(timer);
      world.note("lease given back");
      rmSync(world.path("lease"), { force: true });
      return Promise.resolve();
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
