import type { ScriptShell } from "../expressions/script-template";
import { scriptMistake } from "../../definitions/source/script-text";
import { decodeText } from "../../definitions/source/text-file";
import { pathFrom } from "../folder/paths";
import { attempt } from "./attempt";
import { compileExpectation } from "./expectation";
import type { CommandText, StepAction } from "./resolved-phase";
import {
  guestText,
  openOption,
  pathOf,
  sourceOf,
  userOption,
  type StepPlace,
  type Written,
} from "./step-place";

/** A command in the guest: text, or a script file. */
export async function compileRun(
  place: StepPlace,
  step: Written<"run"> | Written<"script">,
): Promise<StepAction | undefined> {
  const shell = step.shell ?? place.guest.shell;
  const command = await commandOf(place, step, shell);
  if (command === undefined) return undefined;
  return {
    kind: "run",
    command,
    shell,
    ...userOption(place, step.user),
    ...openOption(place, "dir", step.dir),
    ...commandOptions(place, step, "guest"),
    ...openOption(place, "creates", step.creates),
  };
}

/** A command on the controller. Others see its text and environment, so no secret may be in them. */
export async function compileLocal(
  place: StepPlace,
  step: Written<"local">,
): Promise<StepAction | undefined> {
  const dir = await localDir(place, step.dir);
  if (dir === undefined) return undefined;
  const creates =
    step.creates === undefined ? undefined : place.texts.fixed(step.creates, pathOf(place, "creates"));
  return {
    kind: "local",
    command: place.texts.script(step.local, pathOf(place, "local"), "sh", "open"),
    dir,
    ...commandOptions(place, step, "open"),
    ...(creates === undefined ? {} : { creates: pathFrom(place.path, creates) }),
  };
}

async function commandOf(
  place: StepPlace,
  step: Written<"run"> | Written<"script">,
  shell: ScriptShell,
): Promise<CommandText | undefined> {
  if ("run" in step) return { script: place.texts.script(step.run, pathOf(place, "run"), shell, "guest") };
  const source = sourceOf(place, "script");
  const file = await place.files.name(place.texts.fixed(step.script, source.path), place.path, source, [
    "file",
  ]);
  if (file === undefined) return undefined;
  const content = await attempt(place.mistakes, async () => {
    const read = await place.files.read(file);
    decodeText(file, read);
    return read;
  });
  const unfit = content === undefined || shell === "powershell" ? undefined : scriptMistake(file, content);
  if (unfit !== undefined) place.mistakes.add(unfit);
  return content === undefined ? undefined : { file };
}

function commandOptions(
  place: StepPlace,
  step: Written<"run"> | Written<"script"> | Written<"local">,
  audience: "guest" | "open",
) {
  const env = Object.entries(step.env ?? {}).map(
    ([name, value]) =>
      [name, place.texts.template(String(value), [...pathOf(place, "env"), name], audience)] as const,
  );
  return {
    env: Object.fromEntries(env),
    ...(step.stdin === undefined ? {} : { stdin: guestText(place, "stdin", step.stdin) }),
    expect: compileExpectation(step.expect, pathOf(place, "expect"), place),
  };
}

async function localDir(place: StepPlace, dir: string | undefined): Promise<string | undefined> {
  if (dir === undefined) return pathFrom(place.path, ".");
  const source = sourceOf(place, "dir");
  return place.files.locate(place.texts.fixed(dir, source.path), place.path, source, ["folder"]);
}
