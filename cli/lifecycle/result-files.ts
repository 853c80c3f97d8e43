import { existsSync } from "node:fs";
import { join } from "node:path";
import { FILE_PHASES } from "../../phases/lifecycle/phase-names";
import type { RunResult } from "../../phases/lifecycle/result";
import { messageOf } from "../../phases/lifecycle/run-state";
import { renderJunit } from "../report/junit";
import { renderPage } from "../report/page";
import { RESULT_FILE, type RunFolder } from "./run-folder";
import { phaseLogName } from "./run-log";
import { writeWhole } from "./write-file";

/**
 * Writes what is kept of a run: `result.json`, `junit.xml` and `report.html` in its folder, and `result.json` in the
 * guest's. Each is written by itself, the results first: what cannot be written leaves the others, and the file that was
 * there before.
 *
 * @returns what could not be written and why, for people
 */
export function writeResult(folder: RunFolder, result: RunResult): readonly string[] {
  const inRun = withLogs(result, folder.path, "");
  const files: readonly (readonly [path: string, text: () => string])[] = [
    [join(folder.path, RESULT_FILE), () => asJson(inRun)],
    [join(folder.guest, RESULT_FILE), () => asJson(withLogs(result, folder.path, `${folder.runId}/`))],
    [join(folder.path, "junit.xml"), () => renderJunit(inRun)],
    [join(folder.path, "report.html"), () => renderPage(inRun)],
  ];
  return files.flatMap(([path, text]) => {
    try {
      writeWhole(path, text());
      return [];
    } catch (error) {
      const stays = existsSync(path) ? "; the one of an earlier run is still there" : "";
      return [`${path} could not be written: ${messageOf(error)}${stays}`];
    }
  });
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
