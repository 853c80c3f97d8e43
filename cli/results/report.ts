import { join, relative } from "node:path";
import { seconds } from "../../phases/lifecycle/limits";
import { formatTable } from "../table";
import { type KeptGuest, keptGuests } from "./kept-results";

/** The last result of one guest, in short. */
export interface ReportRow {
  readonly guest: string;
  /** `no result`: there is none that can be read. */
  readonly status: "passed" | "failed" | "cancelled" | "no result";
  readonly cache: "hit" | "miss" | "stale" | "off" | null;
  readonly resumed: "memory" | "cold" | null;
  readonly durationMs: number | null;
  /** First line of the error; null when there is none. */
  readonly error: string | null;
  /** Page of the run, relative to the program's folder. */
  readonly page: string | null;
  /** Id of a run that began later and has left no result: it is under way, or its supervisor was killed. */
  readonly unfinished: string | null;
}

/** The last results of a stack's guests. */
export interface StackReport {
  readonly stack: string;
  readonly guests: readonly ReportRow[];
}

/** @param folder the program's folder */
export function stackReport(folder: string, stack: string): StackReport {
  return { stack, guests: keptGuests(folder, stack).map((guest) => rowOf(folder, guest)) };
}

/** A report for people. */
export function reportTable({ stack, guests }: StackReport): string {
  const rows = guests.map((row) => [
    row.guest,
    row.status,
    row.cache ?? "-",
    row.resumed ?? "-",
    row.durationMs === null ? "-" : seconds(row.durationMs),
    row.error ?? "-",
    row.page ?? "-",
  ]);
  const table = formatTable(["guest", "status", "cache", "resumed", "time", "error", "page"], rows);
  const passed = guests.filter(({ status }) => status === "passed").length;
  const notes = guests.flatMap(({ guest, unfinished }) =>
    unfinished === null ? [] : [`${guest}: run ${unfinished} is under way, or its supervisor was killed`],
  );
  return [`${stack}: ${passed} of ${guests.length} guests passed`, table, ...notes].join("\n");
}

function rowOf(folder: string, { name, path, result, runs }: KeptGuest): ReportRow {
  const last = runs.at(-1);
  const unfinished = last !== undefined && last !== result?.runId ? last : null;
  if (result === null) {
    const none = { cache: null, resumed: null, durationMs: null, error: null, page: null };
    return { guest: name, status: "no result", ...none, unfinished };
  }
  const { status, cache, resumed, durationMs, error, runId } = result;
  const page = runs.includes(runId) ? relative(folder, join(path, runId, "report.html")) : null;
  return {
    guest: name,
    status,
    cache,
    resumed,
    durationMs,
    error: error?.split("\n", 1)[0] ?? null,
    page,
    unfinished,
  };
}
