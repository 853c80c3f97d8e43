import { evaluateTemplate, type Scope } from "../../definitions/expressions";
import type { CommandResult } from "../../connections/shell";
import type { Expectation } from "../project/resolved-phase";
import { StepFailure } from "./step-failure";

/** @throws StepFailure when a command did not do what it should. */
export function checkResult(result: CommandResult, expect: Expectation, scope: Scope): void {
  const { exitCodes, stdout } = expect;
  if (!exitCodes.includes(result.exitCode)) {
    const wanted =
      exitCodes.length === 1 && exitCodes[0] === 0 ? "" : ` instead of ${exitCodes.join(" or ")}`;
    throw new StepFailure(`exit code ${result.exitCode}${wanted}`, result.exitCode);
  }
  if (stdout === undefined) return;
  if ("pattern" in stdout) {
    if (!stdout.pattern.test(result.stdout)) {
      throw new StepFailure(`standard output does not match ${String(stdout.pattern)}`, result.exitCode);
    }
    return;
  }
  const text = evaluateTemplate(stdout.text, scope);
  if (!result.stdout.includes(text)) {
    throw new StepFailure(`standard output does not contain ${JSON.stringify(text)}`, result.exitCode);
  }
}
