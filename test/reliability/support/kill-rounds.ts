import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { FarmUnderTest, type PulumiRun } from "../../e2e/support/farm-under-test";
import { eventually, StartedPulumi } from "../../e2e/support/started-pulumi";
import { filesOf, logOf, stateOf, tinyFarm } from "../../e2e/support/tiny-farm";
import { kindOf } from "./kinds";
import { oneOf, randomOf } from "./random";

const STACK_SCRIPT = resolve(__dirname, "../../../toolchain/stack.mjs");
/** Longer than any keeper waits before it ends an orphan. */
const ENDS_WITHIN_MS = 480_000;
const SIGNALS = ["SIGKILL", "SIGKILL", "SIGKILL", "SIGTERM", "SIGINT"] as const;
const COMMANDS = ["up", "up", "up", "up", "refresh", "destroy"] as const;
/** A refresh or a destroy of one guest takes about so long. */
const SHORT_MS = 8_000;
const SHOWN = 4_000;

/** What was done in a round, for people. */
export interface Round {
  readonly number: number;
  readonly what: string;
  /** What was not as it has to be afterwards. */
  readonly wrong: readonly string[];
}

/**
 * A farm whose commands lose a process at a random moment. After each such command all of it has to end, with the guest
 * off; one `make up` has to bring everything in order, and a preview has to find nothing left to do.
 */
export class KillRounds {
  readonly farm = FarmUnderTest.fresh();
  private readonly random: () => number;
  private revision = 1;
  private round = 0;
  /** How long an update usually takes; kills fall into this time. */
  private usualMs = 20_000;

  constructor(seed: number) {
    this.random = randomOf(seed);
    this.farm.phase("init.yaml", { run: "echo revision-${{ vars.made }} > /root/made" });
    this.farm.phase("main.yaml", { run: "cat /root/made; echo round-${{ vars.round }}" });
  }

  async prepare(): Promise<void> {
    this.describe();
    const run = await this.command("up").ended;
    if (run.exitCode !== 0) throw new Error(run.output);
  }

  private describe(): void {
    const vars = { made: this.revision, round: this.round };
    const project = { revision: this.revision, vars, runMain: "onChange" };
    // Emulated guests on a busy machine take their time.
    this.farm.farm(tinyFarm({ project, guest: { readiness: { timeout: 300 } } }));
  }

  /** Starts a command as `make` does. */
  private command(name: string): StartedPulumi {
    const rule = `all: ; @exec ${process.execPath} ${STACK_SCRIPT} ${name} ${this.farm.stack} --non-interactive`;
    const options = { cwd: this.farm.folder, env: this.farm.environment() };
    return new StartedPulumi(["make", "--no-print-directory", "--eval", rule, "all"], options);
  }

  async next(): Promise<Round> {
    this.round += 1;
    if (this.random() < 0.3) this.revision += 1;
    this.describe();
    const command = oneOf(this.random, COMMANDS);
    const after = Math.round(this.random() * (command === "up" ? this.usualMs : SHORT_MS));
    const signal = oneOf(this.random, SIGNALS);
    const started = this.command(command);
    const over = await Promise.race([delay(after, false), started.ended.then(() => true)]);
    const killed = over ? "nothing: it had ended" : this.kill(signal);
    const what = `${command}, after ${after} ms ${signal} to ${killed}`;
    const wrong = await this.wrongAfterKill().then(
      async (left) => [...left, ...(await this.wrongAfterHealing())],
      (error: unknown) => [String(error)],
    );
    const told = wrong.length > 0 ? [...wrong, `output of the killed command: ${tail(started.output)}`] : [];
    return { number: this.round, what, wrong: told };
  }

  /** Sends a signal to one process of the run, each kind as likely. */
  private kill(signal: NodeJS.Signals): string {
    const found = this.farm.processes().flatMap((process) => {
      const kind = kindOf(process);
      return kind === null ? [] : [{ kind, pid: process.pid }];
    });
    const [first, ...others] = [...new Set(found.map(({ kind }) => kind))].sort();
    if (first === undefined) return "nothing: no process was there";
    const kind = oneOf(this.random, [first, ...others]);
    const [one, ...more] = found.filter((process) => process.kind === kind);
    if (one === undefined) return "nothing";
    const { pid } = oneOf(this.random, [one, ...more]);
    try {
      process.kill(pid, signal);
    } catch {
      return `${kind} ${pid}, which had just ended`;
    }
    return `${kind} ${pid}`;
  }

  private withoutKeepers() {
    return this.farm.remaining().filter(({ argv }) => !argv.includes("guest-farm-keeper"));
  }

  private async wrongAfterKill(): Promise<string[]> {
    await eventually(
      "the end of all processes",
      () => this.withoutKeepers().length === 0,
      ENDS_WITHIN_MS,
    ).catch((error: unknown) => {
      const left = this.farm.remaining().map(({ pid, argv }) => `${pid} ${argv.slice(0, 200)}`);
      throw new Error(`${String(error)}; left: ${left.join("; ")}`);
    });
    // The keeper of a killed supervisor's lease waits for a while for the next run, which then ends the old one.
    if (this.farm.remaining().length > 0) return [];
    const state = stateOf(this.farm);
    return state === "running" || state === "paused" ? [`the guest is ${state} after the kill`] : [];
  }

  private async wrongAfterHealing(): Promise<string[]> {
    const began = Date.now();
    const up = await this.command("up").ended;
    if (up.exitCode !== 0) return [`up does not heal: ${tail(up.output)}`];
    this.usualMs = Math.max(8_000, Math.min(60_000, (this.usualMs + Date.now() - began) / 2));
    const wrong: string[] = [];
    const log = logOf(this.farm, "main");
    if (!log.includes(`revision-${this.revision}`))
      wrong.push(`main of revision ${this.revision} saw: ${tail(log)}`);
    await eventually("the end of all processes", () => this.farm.remaining().length === 0, ENDS_WITHIN_MS);
    const state = stateOf(this.farm);
    if (state !== "shut off") wrong.push(`the guest is ${state}`);
    wrong.push(...this.leftFiles());
    const preview = await this.farm.pulumi("preview", "-s", this.farm.stack, "--expect-no-changes", "--diff");
    if (preview.exitCode !== 0) wrong.push(`preview expects changes: ${tail(preview.output)}`);
    wrong.push(...this.wrongState(await this.farm.pulumi("stack", "export", "-s", this.farm.stack)));
    return wrong;
  }

  private leftFiles(): string[] {
    const unfinished = readdirSync(filesOf(this.farm).folder, { recursive: true, encoding: "utf8" }).filter(
      (name) => /\.new(\.|$)|\.tmp$/.test(name),
    );
    const temporary = readdirSync(this.farm.temporary);
    return [
      ...unfinished.map((name) => `left in the guest's folder: ${name}`),
      ...temporary.map((name) => `left among temporary files: ${name}`),
    ];
  }

  private wrongState({ exitCode, output }: PulumiRun): string[] {
    if (exitCode !== 0) return [`the state cannot be read: ${tail(output)}`];
    return /"pending_operations": \[\s*\{/.test(output) ? ["the state has pending operations"] : [];
  }

  /** After a failed round nothing of it must trouble the next. */
  async startAnew(): Promise<void> {
    await this.farm.pulumi("cancel", "--yes", "-s", this.farm.stack);
    await this.command("destroy").ended;
    if (!existsSync(this.farm.temporary)) mkdirSync(this.farm.temporary);
    await this.prepare();
  }

  remove(): Promise<void> {
    return this.farm.remove();
  }
}

const tail = (text: string) => text.slice(-SHOWN);
