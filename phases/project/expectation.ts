import type { Path } from "../../definitions/source/yaml-file";
import type { StepPlace } from "./step-place";
import type { Expectation } from "./resolved-phase";

interface WrittenExpectation {
  readonly exitCode?: number | number[] | undefined;
  readonly stdout?: string | undefined;
}

/** `expect:` of a command; without one, exit code 0. */
export function compileExpectation(
  written: WrittenExpectation | undefined,
  at: Path,
  place: StepPlace,
): Expectation {
  const exitCodes = [written?.exitCode ?? 0].flat();
  if (written?.stdout === undefined) return { exitCodes };
  const path = [...at, "stdout"];
  const pattern = /^\/(.+)\/([imsu]*)$/s.exec(written.stdout);
  if (pattern === null)
    return { exitCodes, stdout: { text: place.texts.template(written.stdout, path, "guest") } };
  try {
    return { exitCodes, stdout: { pattern: new RegExp(pattern[1] ?? "", pattern[2]) } };
  } catch (error) {
    place.mistakes.at(
      { file: place.yaml, path },
      { what: `is not a regular expression: ${(error as Error).message}`, found: written.stdout },
    );
    return { exitCodes };
  }
}
