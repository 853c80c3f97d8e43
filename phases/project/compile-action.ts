import { evaluateTemplate, type Scope, type Template } from "../../definitions/expressions";
import { nearestName, oneOf } from "../../definitions/nearest";
import { shown } from "../../definitions/source/mistakes";
import type { WrittenStep } from "../file/schema";
import { staysBelow } from "../folder/paths";
import { compileLocal, compileRun } from "./compile-command";
import { checkSkip } from "./later-phases";
import type { StepAction } from "./resolved-phase";
import {
  guestText,
  openText,
  pathOf,
  sourceOf,
  userOption,
  writeOptions,
  type StepPlace,
  type Written,
} from "./step-place";

/** Checks what a step says about this guest and these files; undefined when it cannot be used. */
export async function compileAction(
  written: Exclude<WrittenStep, { action: "include" }>,
  place: StepPlace,
): Promise<StepAction | undefined> {
  switch (written.action) {
    case "run":
    case "script":
      return compileRun(place, written.step);
    case "local":
      return compileLocal(place, written.step);
    case "copy":
      return compileCopy(place, written.step);
    case "write":
      return {
        kind: "write",
        to: openText(place, "write", written.step.write),
        content: guestText(place, "content", written.step.content),
        ...writeOptions(place, written.step),
      };
    case "fetch":
      return compileFetch(place, written.step);
    case "waitFor":
      return compileWait(place, written.step);
    case "reboot":
      return { kind: "reboot" };
    case "checkpoint":
      return compileCheckpoint(place, "checkpoint", written.step.checkpoint);
    case "restoreCheckpoint":
      return compileCheckpoint(place, "restoreCheckpoint", written.step.restoreCheckpoint);
    case "skip":
      return { kind: "skip", phases: checkSkip([written.step.skip].flat(), place) };
  }
}

async function compileCopy(place: StepPlace, step: Written<"copy">): Promise<StepAction | undefined> {
  const source = sourceOf(place, "copy");
  const written = place.texts.fixed(step.copy, source.path);
  const keepsMode = step.mode === undefined && place.guest.os !== "windows";
  const from = await place.files.name(written, place.path, source, ["file", "folder"], keepsMode);
  if (from === undefined) return undefined;
  return { kind: "copy", from, to: openText(place, "to", step.to), ...writeOptions(place, step) };
}

function compileFetch(place: StepPlace, step: Written<"fetch">): StepAction | undefined {
  const from = openText(place, "fetch", step.fetch);
  const to = step.to === undefined ? lastPart(from, place.scope) : openText(place, "to", step.to);
  const text = evaluateTemplate(to, place.scope);
  if (text !== "" && !staysBelow(text)) {
    place.mistakes.at(sourceOf(place, step.to === undefined ? "fetch" : "to"), {
      what: "leads out of the run's artifacts folder",
      found: shown(text),
      allowed: "a relative path without `..`",
    });
    return undefined;
  }
  return { kind: "fetch", from, to, ...userOption(place, step.user) };
}

function lastPart(from: Template, scope: Scope): Template {
  const path = evaluateTemplate(from, scope).replace(/[\\/]+$/, "");
  const name = path.split(/[\\/]/).at(-1) ?? "";
  return { text: name, parts: name === "" ? [] : [{ kind: "text", text: name }] };
}

function compileWait(place: StepPlace, step: Written<"waitFor">): StepAction {
  const shell = step.shell ?? place.guest.shell;
  return {
    kind: "waitFor",
    shell,
    everyMs: (step.every ?? 1) * 1000,
    ...userOption(place, step.user),
    until: untilOf(place, step.waitFor, shell),
  };
}

function untilOf(
  place: StepPlace,
  target: Written<"waitFor">["waitFor"],
  shell: Extract<StepAction, { kind: "waitFor" }>["shell"],
): Extract<StepAction, { kind: "waitFor" }>["until"] {
  const { texts } = place;
  const at = (key: string) => [...pathOf(place, "waitFor"), key];
  if (typeof target.port === "number") return { port: target.port };
  if (target.port !== undefined) return { port: texts.template(target.port, at("port"), "open") };
  if (target.file !== undefined) return { file: texts.template(target.file, at("file"), "open") };
  return { command: texts.script(target.command ?? "", at("command"), shell, "guest") };
}

/** Checkpoints stand in main, and only what an earlier step has made can be restored. */
function compileCheckpoint(
  place: StepPlace,
  kind: "checkpoint" | "restoreCheckpoint",
  written: string,
): StepAction {
  const source = sourceOf(place, kind);
  if (place.phase !== "main") {
    const mistake = { what: `a ${kind} step can only stand in main`, found: `the phase ${place.phase}` };
    place.mistakes.at(source, mistake, "key");
  }
  const template = openText(place, kind, written);
  const name = evaluateTemplate(template, place.scope);
  if (kind === "checkpoint") place.checkpoints.add(name);
  else if (name !== "" && !place.checkpoints.has(name)) {
    const nearest = nearestName(name, place.checkpoints);
    place.mistakes.at(source, {
      what: `no step before this one makes a checkpoint "${name}"`,
      allowed: oneOf(place.checkpoints),
      remedy: nearest === undefined ? undefined : `did you mean "${nearest}"?`,
    });
  }
  return { kind, name: template };
}
