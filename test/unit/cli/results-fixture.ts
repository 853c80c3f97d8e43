import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runFolder } from "../../../cli/lifecycle/run-folder";
import type { CliContext } from "../../../cli/command";
import type { RunResult } from "../../../phases/lifecycle/result";

export const RUN_1 = "20260101T100000000Z-aaaaaa";
export const RUN_2 = "20260102T100000000Z-bbbbbb";

/** A program folder with results, made by hand as the lifecycle leaves them. */
export class ProgramFolder {
  readonly path = mkdtempSync(join(tmpdir(), "guest-farm-cli-"));
  out = "";
  err = "";

  /** Leaves a run behind: logs by name, and its result unless it was killed. */
  run(stack: string, guest: string, runId: string, logs: Record<string, string>, over?: Partial<RunResult>) {
    const folder = runFolder(this.path, stack, guest, runId);
    mkdirSync(folder.path, { recursive: true });
    for (const [name, text] of Object.entries(logs)) writeFileSync(join(folder.path, `${name}.log`), text);
    if (over === undefined) return;
    const text = JSON.stringify({ ...resultOf(guest, runId), ...over });
    writeFileSync(join(folder.path, "result.json"), text);
    writeFileSync(join(folder.guest, "result.json"), text);
  }

  /** What a command is given; its output is kept in `out` and `err`. */
  context(environment: Record<string, string> = {}): CliContext {
    return {
      folder: this.path,
      environment: { PULUMI_HOME: join(this.path, "pulumi-home"), ...environment },
      stdout: (chunk) => void (this.out += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString()),
      stderr: (text) => void (this.err += text),
    };
  }
}

export function phaseOf(name: RunResult["phases"][number]["name"], status: "passed" | "failed" | "skipped") {
  const times = { startedAt: "2026-01-01T10:00:00.000Z", durationMs: 10 };
  return { name, status, reason: "", exitCode: null, log: null, ...times };
}

function resultOf(guest: string, runId: string): RunResult {
  return {
    runId,
    guest,
    hypervisor: "local",
    project: "demo",
    revision: "1",
    key: null,
    cache: "hit",
    resumed: "memory",
    strategy: "saved",
    status: "passed",
    error: null,
    warnings: [],
    startedAt: "2026-01-01T10:00:00.000Z",
    durationMs: 4200,
    phases: [phaseOf("restore init", "passed"), phaseOf("main", "passed")],
  };
}
