import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { FILE_PHASES } from "../../phases/lifecycle/phase-names";
import type { RunResult } from "../../phases/lifecycle/result";
import { renderJunit } from "../report/junit";
import { renderPage } from "../report/page";
import { RESULT_FILE, type RunFolder } from "./run-folder";
import { phaseLogName } from "./run-log";

/**
 * Writes what is kept of a run: `result.json`, `junit.xml` and `report.html` in its folder, and `result.json` in the
 * guest's. Readers see the old or the new file, never a part.
 */
export function writeResult(folder: RunFolder, result: RunResult): void {
  const inRun = withLogs(result, folder.path, "");
  writeAtomic(join(folder.path, "junit.xml"), renderJunit(inRun));
  writeAtomic(join(folder.path, "report.html"), renderPage(inRun));
  writeAtomic(join(folder.path, RESULT_FILE), asJson(inRun));
  writeAtomic(join(folder.guest, RESULT_FILE), asJson(withLogs(result, folder.path, `${folder.runId}/`)));
}

/** Names the log of each phase that has one. */
function withLogs(result: RunResult, folder: string, prefix: string): RunResult {
  const logOf = (name: string) => {
    const phase = FILE_PHASES.find((candidate) => candidate === name);
    const log = phase === undefined ? null : phaseLogName(phase);
    return log !== null && existsSync(join(folder, log)) ? `${prefix}${log}` : null;
  };
  return { ...result, phases: result.phases.map((phase) => ({ ...phase, log: logOf(phase.name) })) };
}

function asJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function writeAtomic(path: string, text: string): void {
  const unfinished = `${path}.${process.pid}.new`;
  try {
    const file = openSync(unfinished, "w", 0o600);
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}
