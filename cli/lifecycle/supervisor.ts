import { readFileSync } from "node:fs";
import { Socket } from "node:net";
import { basename, dirname } from "node:path";
import { removeAbandonedFolders } from "../../connections/ssh/abandoned-folders";
import { messageOf } from "../../phases/lifecycle/run-state";
import { secretsOf } from "./lifecycle-input";
import { writeResult } from "./result-files";
import type { OpenRooms } from "./rooms";
import type { RunFolder } from "./run-folder";
import { RunLog } from "./run-log";
import { parseSpec } from "./parse-spec";
import type { LifecycleSpec } from "./spec";
import { SPEC_REFUSED } from "./supervisor-exit";
import { supervise } from "./supervise";

/** File descriptor on which the front listens; its end means that the front is gone. */
export const FRONT_DESCRIPTOR = 3;

/**
 * The whole life of a supervisor process: specification on standard input, folder of the run as its one argument,
 * the front on descriptor 3. Ends the process with 0 when the run passed, with `SPEC_REFUSED` when the specification is
 * wrong, else with 1.
 */
export async function superviseProcess(openRooms: OpenRooms): Promise<void> {
  const path = process.argv[2];
  if (path === undefined) throw new Error("usage: supervisor <folder of the run>");
  const folder: RunFolder = { runId: basename(path), guest: dirname(path), path };
  const spec = acceptedSpec(readFileSync(0, "utf8"));
  const cancel = new AbortController();
  const front = connectToFront(cancel);
  const relay = (line: string): void => void front.write(`${line}\n`);
  const log = new RunLog(path, spec.guest.name, secretsOf(spec), relay, spec.settings.logLimit);
  obeySignals(cancel, log);
  removeAbandonedFolders();
  const keep = (result: Parameters<typeof writeResult>[1]) => {
    for (const trouble of writeResult(folder, result)) log.warning(trouble);
  };
  const result = await supervise({ spec, folder, openRooms, log, cancel: cancel.signal, keep });
  log.close();
  await new Promise<void>((resolve) => {
    if (front.destroyed) resolve();
    else front.end(resolve);
  });
  process.exit(result.status === "passed" ? 0 : 1);
}

function acceptedSpec(text: string): LifecycleSpec {
  try {
    return parseSpec(text);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exit(SPEC_REFUSED);
  }
}

/** Progress goes out; nothing comes in but the end, when the front or what started it has died. */
function connectToFront(cancel: AbortController): Socket {
  const front = new Socket({ fd: FRONT_DESCRIPTOR, readable: true, writable: true });
  const gone = () => cancel.abort(new Error("cancelled: the program that started this run has ended"));
  front.on("error", gone);
  front.on("end", gone);
  front.on("close", gone);
  front.resume();
  return front;
}

/** A closed terminal is not the end of a run; whoever means it sends SIGTERM, or ends the front. */
function obeySignals(cancel: AbortController, log: RunLog): void {
  for (const ignored of ["SIGINT", "SIGHUP", "SIGPIPE"] as const) process.on(ignored, () => undefined);
  process.on("SIGTERM", () => cancel.abort(new Error("cancelled: the supervisor was told to end (SIGTERM)")));
  const survive = (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    log.warning(`internal error: ${messageOf(error)}`);
    cancel.abort(new Error(`internal error: ${messageOf(error)}`));
  };
  process.on("uncaughtException", survive);
  process.on("unhandledRejection", survive);
}
