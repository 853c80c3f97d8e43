import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { nearestName, oneOf } from "../../definitions/nearest";
import { UserError } from "../../definitions/user-error";
import { FILE_PHASES } from "../../phases/lifecycle/phase-names";
import { type KeptGuest, keptGuests, resultOfRun } from "./kept-results";

/** Which log is asked for. */
export interface LogQuery {
  /** The program's folder. */
  readonly folder: string;
  readonly stack: string;
  readonly guest: string;
  /** A phase with a file, `run` or `supervisor`. Default: the phase that failed, else main, else `run`. */
  readonly phase: string | undefined;
  /** Id of a run, or its beginning. Default: the last run. */
  readonly run: string | undefined;
}

const LOGS: readonly string[] = [...FILE_PHASES, "run", "supervisor"];
const PIECE = 64 * 1024;

/** Prints a log as it stands. @throws UserError for a guest, run or log that there is not. */
export function printLog(query: LogQuery, print: (chunk: Uint8Array) => void): void {
  const guest = findGuest(query);
  const run = findRun(guest, query.run);
  const log = findLog(guest, run, query.phase);
  const file = openSync(join(guest.path, run, `${log}.log`), "r");
  try {
    for (;;) {
      const piece = Buffer.alloc(PIECE);
      const length = readSync(file, piece);
      if (length === 0) return;
      print(piece.subarray(0, length));
    }
  } finally {
    closeSync(file);
  }
}

function findGuest({ folder, stack, guest }: LogQuery): KeptGuest {
  const guests = keptGuests(folder, stack);
  const found = guests.find(({ name }) => name === guest);
  if (found !== undefined) return found;
  const names = guests.map(({ name }) => name);
  const nearest = nearestName(guest, names);
  throw new UserError({
    what: `no run of this guest is kept for stack "${stack}"`,
    found: guest,
    allowed: oneOf(names),
    ...(nearest === undefined ? {} : { remedy: `did you mean "${nearest}"?` }),
  });
}

function findRun({ name, runs }: KeptGuest, wanted: string | undefined): string {
  const matching = wanted === undefined ? runs.slice(-1) : runs.filter((run) => run.startsWith(wanted));
  const [run] = matching;
  if (run !== undefined && matching.length === 1) return run;
  throw new UserError({
    what: matching.length === 0 ? `guest "${name}" has no such run` : "several runs begin like this",
    found: wanted ?? "no run",
    allowed: oneOf([...runs].reverse()),
  });
}

function findLog(guest: KeptGuest, run: string, wanted: string | undefined): string {
  const has = (log: string) => existsSync(join(guest.path, run, `${log}.log`));
  const kept = LOGS.filter(has);
  if (wanted === undefined) {
    const failed = resultOfRun(guest, run)?.phases.find(({ status }) => status === "failed")?.name;
    const log = [failed, "main", "run", "supervisor"].find((name) => name !== undefined && has(name));
    if (log !== undefined) return log;
  } else if (kept.includes(wanted)) {
    return wanted;
  }
  const nearest = wanted === undefined ? undefined : nearestName(wanted, kept);
  throw new UserError({
    what: `run ${run} of guest "${guest.name}" has no such log`,
    found: wanted ?? "none",
    allowed: oneOf(kept),
    remedy:
      nearest !== undefined
        ? `did you mean "${nearest}"?`
        : "a phase that was skipped leaves no log; `guest-farm logs <guest> --phase run` says why",
  });
}
