import { join, posix } from "node:path";
import type { CopyOptions } from "../../../connections/guest-connection";
import { printableLine } from "../../../connections/printable";
import { evaluateTemplate } from "../../../definitions/expressions";
import { refersTo } from "../../expressions/references";
import { shownPath, staysBelow } from "../../folder/paths";
import { escalationFor } from "../../project/escalation";
import type { FilePhase } from "../../lifecycle/phase-names";
import type { CopyAction, FetchAction, WriteAction, WriteOptions } from "../../project/resolved-phase";
import { InputChanged, StepFailure } from "../step-failure";
import { PASSED, textOf, type StepResult, type StepRun } from "../step-run";

/**
 * Copies a file or folder of the project into the guest. A `to` that ends in `/` keeps the name.
 *
 * @throws InputChanged when a snapshot is to be made of the guest and the files are not, or do not stay, what its key
 *   was computed from. `main` and `terminate`, of which no snapshot is made, take them as they are, and say so.
 */
export async function copyToGuest(action: CopyAction, run: StepRun): Promise<StepResult> {
  const { folder } = run.loaded;
  const to = evaluateTemplate(action.to, run.scope);
  const target = /[\\/]$/.test(to) ? to + posix.basename(action.from) : to;
  const changed = (when: string) => {
    const file = shownPath(folder, action.from);
    if (MAKING_SNAPSHOT.includes(run.phase)) throw new InputChanged(file, when);
    run.note(`${file} was changed ${when}; the next \`pulumi up\` runs this again`);
  };
  const watch = await folder.watch(action.from);
  if (!watch.asDigested) changed("after this run had begun");
  await run.ports.connection.copyTo(folder.localPath(action.from), target, optionsOf(action, run));
  if (!(await watch.isUntouched())) changed("while it was copied");
  return PASSED;
}

/** So many are named, of what a guest has that may not come. */
const SHOWN_LEFT_OUT = 10;

const MAKING_SNAPSHOT: readonly FilePhase[] = ["dependencies", "init"];

/** Writes a file in the guest. With a secret in it, only its owner may read it unless the step says otherwise. */
export async function writeInGuest(action: WriteAction, run: StepRun): Promise<StepResult> {
  const mode = action.mode ?? (refersTo(action.content, "secrets") ? "0600" : "0644");
  const content = Buffer.from(evaluateTemplate(action.content, run.scope));
  await run.ports.connection.write(evaluateTemplate(action.to, run.scope), content, {
    ...optionsOf(action, run),
    mode,
  });
  return PASSED;
}

/** Copies a file or folder of the guest into the run's artifacts. */
export async function fetchFromGuest(action: FetchAction, run: StepRun): Promise<StepResult> {
  const to = evaluateTemplate(action.to, run.scope);
  if (!staysBelow(to)) throw new StepFailure(`${to} leads out of the run's artifacts folder`);
  const target = join(run.ports.artifactsFolder, to);
  const leftOut: string[] = [];
  await run.ports.connection.copyFrom(evaluateTemplate(action.from, run.scope), target, {
    ...optionsOf(action, run),
    within: run.ports.artifactsFolder,
    ...(run.ports.fetchLimits && { limits: run.ports.fetchLimits }),
    onLeftOut: ({ path, why }) => leftOut.push(`${path} (${why})`),
  });
  for (const line of leftOut.slice(0, SHOWN_LEFT_OUT)) run.note(`not fetched: ${printableLine(line, 400)}`);
  const more = leftOut.length - SHOWN_LEFT_OUT;
  if (more > 0) run.note(`not fetched: ${more} more of the kind`);
  return PASSED;
}

function optionsOf(action: WriteOptions, run: StepRun): CopyOptions {
  const owner = textOf(action.owner, run);
  const as = escalationFor(textOf(action.user, run), run.loaded.guest);
  return {
    ...(action.mode === undefined ? {} : { mode: action.mode }),
    ...(owner === undefined ? {} : { owner }),
    ...(as === undefined ? {} : { as }),
    timeoutMs: run.timeoutMs,
    signal: run.signal,
  };
}
