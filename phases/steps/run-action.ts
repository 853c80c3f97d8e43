import { evaluateTemplate } from "../../definitions/expressions";
import type { StepAction } from "../project/resolved-phase";
import { runLocally } from "./actions/local";
import { reboot } from "./actions/reboot";
import { runInGuest } from "./actions/run";
import { copyToGuest, fetchFromGuest, writeInGuest } from "./actions/transfer";
import { waitFor } from "./actions/wait-for";
import { PASSED, type StepResult, type StepRun } from "./step-run";
import { withTimeLimit } from "./time-limit";

/**
 * One try of one step.
 *
 * @throws StepFailure, or what the connection throws.
 */
export async function runAction(action: StepAction, run: StepRun): Promise<StepResult> {
  const { checkpoints } = run.ports;
  switch (action.kind) {
    case "run":
      return runInGuest(action, run);
    case "local":
      return runLocally(action, run);
    case "copy":
      return copyToGuest(action, run);
    case "write":
      return writeInGuest(action, run);
    case "fetch":
      return fetchFromGuest(action, run);
    case "waitFor":
      return waitFor(action, run);
    case "reboot":
      return reboot(run);
    case "checkpoint": {
      const name = evaluateTemplate(action.name, run.scope);
      await withTimeLimit("the checkpoint", run.timeoutMs, run.signal, (signal) =>
        checkpoints.create(name, signal),
      );
      return PASSED;
    }
    case "restoreCheckpoint": {
      const name = evaluateTemplate(action.name, run.scope);
      await withTimeLimit("the restore", run.timeoutMs, run.signal, (signal) =>
        checkpoints.restore(name, signal),
      );
      return PASSED;
    }
    case "skip":
      return { status: "passed", skip: action.phases };
  }
}
