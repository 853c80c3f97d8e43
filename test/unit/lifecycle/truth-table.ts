import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { LifecycleFacts, SnapshotFact, SnapshotState } from "../../../phases/lifecycle/facts";
import { FILE_PHASES, PHASES, type FilePhase, type PhaseName } from "../../../phases/lifecycle/phase-names";
import type { PlannedPhase } from "../../../phases/lifecycle/plan";
import { allBut } from "../../support/fake-guest";

/** One row of truth-table.md. */
export interface Row {
  readonly line: number;
  readonly title: string;
  readonly allowed: readonly PhaseName[];
  readonly hasProject: boolean;
  readonly files: readonly FilePhase[];
  readonly init: "memory" | "cold" | "miss" | "stale";
  readonly clean: "memory" | "cold" | "miss" | "stale";
  readonly power: "on" | "off" | "unreachable";
  readonly pristine: boolean;
  readonly unfit: boolean;
  readonly takenWhile: "on" | "off";
  /** The acting phases with their actions, as the table writes them. */
  readonly expected: string;
  /** `passed`, or the phase that fails. */
  readonly result: string;
}

/** Reads every row of every table of truth-table.md. */
export function truthTable(): readonly Row[] {
  const lines = readFileSync(join(__dirname, "truth-table.md"), "utf8").split("\n");
  return lines.flatMap((text, index) => {
    const cells = text.split("|").map((cell) => cell.trim());
    return text.startsWith("|") && !/^\|( allowed|[ :-]*-)/.test(text) ? [parseRow(cells, index + 1)] : [];
  });
}

export function factsOf(row: Row): LifecycleFacts {
  return {
    hasProject: row.hasProject,
    allowed: new Set(row.allowed),
    takenOut: new Map(),
    files: new Set(row.files),
    init: row.hasProject ? known(row, row.init, "restore init", "create init") : fact("off"),
    clean: known(row, row.clean, "restore clean", "create clean"),
    power: row.power,
    pristine: row.pristine && !row.unfit,
    ...(row.unfit ? { unfit: true } : {}),
    takenWhile: row.takenWhile,
    powerOff: "auto",
  };
}

/** A plan as the table writes it: only phases that act or fail. */
export function written(plan: readonly PlannedPhase[]): string {
  return plan
    .flatMap((entry) => {
      if (entry.does === "skip") return [];
      return [`${entry.phase}: ${entry.does === "act" ? entry.actions.map(short).join(", ") : "fails"}`];
    })
    .join("; ");
}

/** A run does not look for snapshots that none of its phases may use. */
function known(row: Row, state: SnapshotState, ...users: readonly PhaseName[]): SnapshotFact {
  return fact(users.some((phase) => row.allowed.includes(phase)) ? state : "off");
}

function fact(state: SnapshotState): SnapshotFact {
  return { state, reason: "" };
}

function short(action: string): string {
  return action === "wait until ready" ? "wait" : action === "drop connections" ? "drop" : action;
}

function parseRow(cells: readonly string[], line: number): Row {
  const [
    ,
    allowed = "",
    files = "",
    init = "",
    clean = "",
    guest = "",
    disk = "",
    taken = "",
    expected = "",
    result = "",
  ] = cells;
  return {
    line,
    title: [allowed, files, `init ${init}`, `clean ${clean}`, guest, disk, taken].join(" | "),
    allowed: parseAllowed(allowed),
    hasProject: files !== "no project",
    files: parseFiles(files),
    init: oneOf(["memory", "cold", "miss", "stale"], init === "-" ? "miss" : init, line),
    clean: oneOf(["memory", "cold", "miss", "stale"], clean, line),
    power: oneOf(["on", "off", "unreachable"], guest, line),
    pristine: oneOf(["clean", "touched", "unfit"], disk, line) === "clean",
    unfit: disk === "unfit",
    takenWhile: oneOf(["on", "off"], taken, line),
    expected: expected === "nothing" ? "" : expected,
    result,
  };
}

function parseAllowed(text: string): readonly PhaseName[] {
  if (text === "all") return PHASES;
  if (text.startsWith("all but ")) return allBut(...names(text.slice("all but ".length)));
  return names(text);
}

function names(text: string): readonly PhaseName[] {
  return text.split(",").map((name) => oneOf(PHASES, name.trim(), 0));
}

function parseFiles(text: string): readonly FilePhase[] {
  if (text === "all") return FILE_PHASES;
  if (text === "none" || text === "no project") return [];
  return text.split(",").map((name) => oneOf(FILE_PHASES, name.trim(), 0));
}

function oneOf<T extends string>(allowed: readonly T[], text: string, line: number): T {
  const found = allowed.find((name) => name === text);
  if (found === undefined)
    throw new Error(`truth-table.md:${line}: "${text}" is none of ${allowed.join(", ")}`);
  return found;
}
