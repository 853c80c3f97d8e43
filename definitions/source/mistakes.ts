import type { $ZodIssue } from "zod/v4/core";
import { hasExpression, type ExpressionProblem } from "../expressions";
import { nearestName, oneOf } from "../nearest";
import { UserError, type Mistake } from "../user-error";
import { isBuiltIn, type Source } from "./node";
import { pathText, type Path } from "./yaml-file";

/** Gathers mistakes, so that all of them are told at once. */
export class Mistakes {
  private readonly list: Mistake[] = [];
  private readonly seen = new Set<string>();

  add(mistake: Mistake): void {
    const key = JSON.stringify([mistake.file, mistake.line, mistake.column, mistake.path, mistake.what]);
    if (this.seen.has(key)) return;
    this.seen.add(key);
    this.list.push(mistake);
  }

  /** Adds a mistake at a place in a file. */
  at(source: Source, mistake: Mistake, place: "key" | "value" = "value"): void {
    this.add({ ...placeOf(source, place), ...mistake });
  }

  /** Adds what is wrong with an expression that was written at `source`. */
  expression(source: Source, problem: ExpressionProblem): void {
    const inside = isBuiltIn(source.file) ? {} : source.file.positionInside(source.path, problem.offset);
    this.add({
      ...placeOf(source),
      ...inside,
      what: problem.what,
      found: problem.found,
      allowed: problem.allowed,
      remedy:
        problem.remedy ?? (problem.nearest === undefined ? undefined : `did you mean "${problem.nearest}"?`),
    });
  }

  /** Runs a step; the mistakes that it throws are kept, and undefined is returned. */
  attempt<T>(step: () => T): T | undefined {
    try {
      return step();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      error.mistakes.forEach((mistake) => this.add(mistake));
      return undefined;
    }
  }

  get count(): number {
    return this.list.length;
  }

  /** @throws UserError when there are mistakes. */
  throwAny(): void {
    if (this.list.length > 0) throw new UserError(this.list);
  }
}

/** File, line, column and path of a place. */
export function placeOf(source: Source, place: "key" | "value" = "value"): Partial<Mistake> {
  const path = source.path.length === 0 ? {} : { path: pathText(source.path) };
  if (isBuiltIn(source.file)) return { file: source.file.name, ...path };
  const position =
    place === "key" ? source.file.keyPositionOf(source.path) : source.file.positionOf(source.path);
  return { file: source.file.name, ...position, ...path };
}

/** `farm.yaml:4:7 guests.list[0]`. */
export function placeText(source: Source): string {
  const { file, line, column, path } = placeOf(source);
  const position = [file, line, column].filter((part) => part !== undefined).join(":");
  return path === undefined ? position : `${position} ${path}`;
}

/**
 * Turns the issues of a schema into mistakes.
 * @param value what was checked
 * @param sourceOf where a path of the value was written
 * @param skipExpressions leaves out what an expression will only be known to give later
 */
export function addSchemaIssues(
  mistakes: Mistakes,
  issues: readonly $ZodIssue[],
  value: unknown,
  sourceOf: (path: Path) => Source,
  skipExpressions: boolean,
): void {
  for (const issue of issues) {
    const path = issue.path.map((part) => (typeof part === "number" ? part : String(part)));
    const found = valueAt(value, path);
    if (skipExpressions && typeof found === "string" && hasExpression(found)) continue;
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys)
        addUnknownKey(mistakes, sourceOf([...path, key]), key, knownKeysOf(issue.message));
      continue;
    }
    const inner = issue.code === "invalid_union" ? deepestIssues(issue) : undefined;
    if (inner !== undefined) {
      const nested = inner.map((each) => ({ ...each, path: [...issue.path, ...each.path] }));
      addSchemaIssues(mistakes, nested, value, sourceOf, skipExpressions);
      continue;
    }
    const nearest =
      issue.code === "invalid_value" && typeof found === "string"
        ? nearestName(found, issue.values.map(String))
        : undefined;
    mistakes.at(sourceOf(path), {
      what: found === undefined ? "is missing" : "is not right",
      found: found === undefined ? undefined : shown(found),
      allowed: issue.message,
      remedy:
        nearest === undefined ? quotedRemedy(issue, found, sourceOf(path)) : `did you mean "${nearest}"?`,
    });
  }
}

/** YAML reads `1e3`, `yes` and `null` as numbers, truth values and nothing, where a text was meant. */
function quotedRemedy(issue: $ZodIssue, found: unknown, { file, path }: Source): string | undefined {
  const plain = typeof found === "number" || typeof found === "boolean" || found === null;
  if (!plain || issue.code !== "invalid_type" || issue.expected !== "string") return undefined;
  const written = (isBuiltIn(file) ? undefined : file.sourceOf(path)) || String(found);
  return `quote it, if it is meant as text: ${JSON.stringify(written)}`;
}

function addUnknownKey(mistakes: Mistakes, source: Source, key: string, known: readonly string[]): void {
  const nearest = nearestName(key, known);
  mistakes.at(
    source,
    {
      what: `there is no key "${key}" here`,
      allowed: known.length > 0 ? oneOf(known, 40) : undefined,
      remedy:
        nearest === undefined ? "remove it, or write it where it belongs" : `did you mean "${nearest}"?`,
    },
    "key",
  );
}

/** Of a failed union, the issues of the one branch that came further than the shape of the whole; else none. */
function deepestIssues(issue: $ZodIssue & { code: "invalid_union" }): readonly $ZodIssue[] | undefined {
  const inside = issue.errors.filter((branch) =>
    branch.every((each) => each.path.length > 0 || each.code === "unrecognized_keys"),
  );
  return inside.length === 1 ? inside[0] : undefined;
}

const KEYS = "allowed keys: ";

/** The error message of strict maps in our schemas: it lists their keys. */
export function keysMessage(keys: readonly string[]): string {
  return KEYS + keys.join(", ");
}

function knownKeysOf(message: string): readonly string[] {
  return message.startsWith(KEYS) ? message.slice(KEYS.length).split(", ") : [];
}

export function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== "object" || at === null) return undefined;
    at = (at as Record<string | number, unknown>)[key];
  }
  return at;
}

/** A value as messages show it: short, one line. */
export function shown(value: unknown): string {
  // JSON has no NaN and no infinity.
  const text = typeof value === "number" ? String(value) : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
