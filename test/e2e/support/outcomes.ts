import assert from "node:assert/strict";
import type { FarmUnderTest, PulumiRun } from "./farm-under-test";

/** @throws AssertionError with all that a command said, unless it ended with 0. */
export function succeeded(run: PulumiRun): PulumiRun {
  assert.equal(run.exitCode, 0, run.output);
  return run;
}

/** @throws AssertionError unless a command failed, in words for people. */
export function failed(run: PulumiRun): PulumiRun {
  assert.notEqual(run.exitCode, 0, run.output);
  assert.doesNotMatch(run.output, /^\s+at .*[:(]\d+:\d+\)?$/m, `a stack trace:\n${run.output}`);
  return run;
}

/** @throws AssertionError naming the missing text. */
export function says(run: PulumiRun, ...texts: readonly (string | RegExp)[]): void {
  for (const text of texts) {
    const there = typeof text === "string" ? run.output.includes(text) : text.test(run.output);
    assert.ok(there, `not said: ${String(text)}\n${run.output}`);
  }
}

/** Names of the resources that a `preview --diff` wants to change, each with what is to happen to it. */
export function plannedChanges({ output }: PulumiRun): Record<string, string> {
  const lines = output.matchAll(
    /^\s*[^\s\w]+ ?\S+: \(([\w-]+)\)[^\n]*\n(?:\s*\[id=[^\n]*\n)?\s*\[urn=([^\n]*)\]$/gm,
  );
  const changes = [...lines].map(
    ([, operation = "", urn = ""]) => [urn.split("::").at(-1) ?? "", operation] as const,
  );
  return Object.fromEntries(changes.filter(([, operation]) => operation !== "same"));
}

/** Runs `up` and expects it to pass; gives the phases that acted. */
export async function upActs(farm: FarmUnderTest, guest: string): Promise<readonly string[]> {
  succeeded(await farm.up());
  const { error, status } = farm.result(guest);
  assert.equal(status, "passed", error ?? "");
  return farm.acted(guest);
}

/** Phases that act when there is no snapshot yet, and all phase files are there. */
export const FROM_BASE = [
  "startup",
  "create clean",
  "dependencies",
  "init",
  "create init",
  "main",
  "terminate",
  "shutdown",
];
/** Phases that act when the init snapshot is made anew. */
export const FROM_CLEAN = [
  "restore clean",
  "dependencies",
  "init",
  "create init",
  "main",
  "terminate",
  "shutdown",
];
/** Phases that act when there is an init snapshot with memory. */
export const FROM_INIT = ["restore init", "main", "terminate", "shutdown"];
