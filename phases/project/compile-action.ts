import { nearestName, oneOf } from "../../definitions/nearest";
import { shown, type Mistakes } from "../../definitions/source/mistakes";
import type { Path, YamlFile } from "../../definitions/source/yaml-file";
import { evaluateTemplate, type Scope, type Template } from "../../definitions/expressions";
import type { ScriptShell } from "../expressions/script-template";
import type { Texts } from "../expressions/texts";
import type { WrittenStep } from "../file/schema";
import { decodeText } from "../file/text-file";
import { pathFrom, staysBelow } from "../folder/paths";
import type { FilePhase } from "../lifecycle/phase-names";
import { attempt } from "./attempt";
import type { GuestFacts } from "./context";
import { cannotBecome } from "./escalation";
import { compileExpectation } from "./expectation";
import { checkSkip } from "./later-phases";
import type { NamedFiles } from "./named-files";
import type { CommandText, StepAction } from "./resolved-phase";

/** Where a step stands, and what is known there. */
export interface StepPlace {
  readonly at: Path;
  /** The file that it is in, relative to the project's folder. */
  readonly path: string;
  readonly yaml: YamlFile;
  readonly texts: Texts;
  readonly phase: FilePhase;
  readonly guest: GuestFacts;
  readonly scope: Scope;
  readonly files: NamedFiles;
  /** Names of the checkpoints that the steps before this one make. */
  readonly checkpoints: Set<string>;
  readonly mistakes: Mistakes;
}

type Written<Name extends WrittenStep["action"]> = Extract<WrittenStep, { action: Name }>["step"];

/** Checks what a step says about this guest and these files; undefined when it cannot be used. */
export async function compileAction(
  written: Exclude<WrittenStep, { action: "include" }>,
  place: StepPlace,
): Promise<StepAction | undefined> {
  const c = new ActionCompiler(place);
  switch (written.action) {
    case "run":
    case "script":
      return c.run(written.step);
    case "local":
      return c.local(written.step);
    case "copy":
      return c.copy(written.step);
    case "write":
      return {
        kind: "write",
        to: c.open(written.step.write, "write"),
        content: c.secret(written.step.content, "content"),
        ...c.access(written.step),
      };
    case "fetch":
      return c.fetch(written.step);
    case "waitFor":
      return c.waitFor(written.step);
    case "reboot":
      return { kind: "reboot" };
    case "checkpoint":
      return c.checkpoint("checkpoint", written.step.checkpoint);
    case "restoreCheckpoint":
      return c.checkpoint("restoreCheckpoint", written.step.restoreCheckpoint);
    case "skip":
      return { kind: "skip", phases: checkSkip([written.step.skip].flat(), place) };
  }
}

class ActionCompiler {
  constructor(private readonly place: StepPlace) {}

  async run(step: Written<"run"> | Written<"script">): Promise<StepAction | undefined> {
    const shell = step.shell ?? this.place.guest.shell;
    const command = await this.command(step, shell);
    if (command === undefined) return undefined;
    return {
      kind: "run",
      command,
      shell,
      ...this.user(step.user),
      ...this.optional("dir", step.dir),
      ...this.commandOptions(step, "guest"),
      ...this.optional("creates", step.creates),
    };
  }

  async local(step: Written<"local">): Promise<StepAction | undefined> {
    const { place } = this;
    const dir = await this.localDir(step.dir);
    if (dir === undefined) return undefined;
    const creates =
      step.creates === undefined ? undefined : place.texts.fixed(step.creates, this.key("creates"));
    return {
      kind: "local",
      command: place.texts.script(step.local, this.key("local"), "sh", "open"),
      dir,
      ...this.commandOptions(step, "open"),
      ...(creates === undefined ? {} : { creates: pathFrom(place.path, creates) }),
    };
  }

  async copy(step: Written<"copy">): Promise<StepAction | undefined> {
    const source = { file: this.place.yaml, path: this.key("copy") };
    const written = this.place.texts.fixed(step.copy, source.path);
    const from = await this.place.files.name(written, this.place.path, source, ["file", "folder"]);
    if (from === undefined) return undefined;
    return { kind: "copy", from, to: this.open(step.to, "to"), ...this.access(step) };
  }

  fetch(step: Written<"fetch">): StepAction | undefined {
    const { texts, mistakes, yaml, scope } = this.place;
    const from = texts.template(step.fetch, this.key("fetch"), "open");
    const to =
      step.to === undefined ? lastPart(from, scope) : texts.template(step.to, this.key("to"), "open");
    const text = evaluateTemplate(to, scope);
    if (text !== "" && !staysBelow(text)) {
      mistakes.at(
        { file: yaml, path: this.key(step.to === undefined ? "fetch" : "to") },
        {
          what: "leads out of the run's artifacts folder",
          found: shown(text),
          allowed: "a relative path without `..`",
        },
      );
      return undefined;
    }
    return { kind: "fetch", from, to, ...this.user(step.user) };
  }

  waitFor(step: Written<"waitFor">): StepAction {
    const { texts, guest } = this.place;
    const shell = step.shell ?? guest.shell;
    const target = step.waitFor;
    const at = (key: string): Path => [...this.key("waitFor"), key];
    const common = {
      kind: "waitFor",
      shell,
      everyMs: (step.every ?? 1) * 1000,
      ...this.user(step.user),
    } as const;
    if (typeof target.port === "number") return { ...common, until: { port: target.port } };
    if (target.port !== undefined) {
      return { ...common, until: { port: texts.template(target.port, at("port"), "open") } };
    }
    if (target.file !== undefined) {
      return { ...common, until: { file: texts.template(target.file, at("file"), "open") } };
    }
    return {
      ...common,
      until: { command: texts.script(target.command ?? "", at("command"), shell, "guest") },
    };
  }

  open(text: string, key: string): Template {
    return this.place.texts.template(text, this.key(key), "open");
  }

  secret(text: string, key: string): Template {
    return this.place.texts.template(text, this.key(key), "guest");
  }

  access(step: { mode?: string | undefined; owner?: string | undefined; user?: string | undefined }) {
    return {
      ...(step.mode === undefined ? {} : { mode: step.mode.padStart(4, "0") }),
      ...this.optional("owner", step.owner),
      ...this.user(step.user),
    };
  }

  /** Checkpoints stand in main, and only what an earlier step has made can be restored. */
  checkpoint(kind: "checkpoint" | "restoreCheckpoint", written: string): StepAction {
    const { phase, mistakes, yaml, scope, checkpoints } = this.place;
    const source = { file: yaml, path: this.key(kind) };
    if (phase !== "main") {
      mistakes.at(
        source,
        { what: `a ${kind} step can only stand in main`, found: `the phase ${phase}` },
        "key",
      );
    }
    const template = this.open(written, kind);
    const name = evaluateTemplate(template, scope);
    if (kind === "checkpoint") checkpoints.add(name);
    else if (name !== "" && !checkpoints.has(name)) {
      const nearest = nearestName(name, checkpoints);
      mistakes.at(source, {
        what: `no step before this one makes a checkpoint "${name}"`,
        allowed: oneOf(checkpoints),
        remedy: nearest === undefined ? undefined : `did you mean "${nearest}"?`,
      });
    }
    return { kind, name: template };
  }

  private async command(
    step: Written<"run"> | Written<"script">,
    shell: ScriptShell,
  ): Promise<CommandText | undefined> {
    const { place } = this;
    if ("run" in step) return { script: place.texts.script(step.run, this.key("run"), shell, "guest") };
    const source = { file: place.yaml, path: this.key("script") };
    const file = await place.files.name(place.texts.fixed(step.script, source.path), place.path, source, [
      "file",
    ]);
    if (file === undefined) return undefined;
    const text = await attempt(place.mistakes, async () => decodeText(file, await place.files.read(file)));
    return text === undefined ? undefined : { file };
  }

  private commandOptions(
    step: Written<"run"> | Written<"script"> | Written<"local">,
    audience: "guest" | "open",
  ) {
    const { texts } = this.place;
    const env = Object.entries(step.env ?? {}).map(
      ([name, value]) => [name, texts.template(String(value), [...this.key("env"), name], audience)] as const,
    );
    return {
      env: Object.fromEntries(env),
      ...(step.stdin === undefined ? {} : { stdin: this.secret(step.stdin, "stdin") }),
      expect: compileExpectation(step.expect, this.key("expect"), this.place),
    };
  }

  private async localDir(dir: string | undefined): Promise<string | undefined> {
    const { place } = this;
    if (dir === undefined) return pathFrom(place.path, ".");
    const source = { file: place.yaml, path: this.key("dir") };
    const written = place.texts.fixed(dir, source.path);
    return place.files.locate(written, place.path, source, ["folder"]);
  }

  private user(user: string | undefined): { user?: Template } {
    if (user === undefined) return {};
    const { texts, scope, guest, mistakes, yaml } = this.place;
    const template = texts.template(user, this.key("user"), "open");
    const name = evaluateTemplate(template, scope);
    const problem = name === "" ? undefined : cannotBecome(name, guest);
    if (problem !== undefined) mistakes.at({ file: yaml, path: this.key("user") }, problem);
    return { user: template };
  }

  private optional<Key extends string>(key: Key, text: string | undefined): { [K in Key]?: Template } {
    return text === undefined ? {} : ({ [key]: this.open(text, key) } as { [K in Key]?: Template });
  }

  private key(key: string): Path {
    return [...this.place.at, key];
  }
}

function lastPart(from: Template, scope: Scope): Template {
  const name =
    evaluateTemplate(from, scope)
      .replace(/[\\/]+$/, "")
      .split(/[\\/]/)
      .at(-1) ?? "";
  return { text: name, parts: name === "" ? [] : [{ kind: "text", text: name }] };
}
