import type { Mistakes } from "../../definitions/source/mistakes";
import type { KnownNames, Scope, Template } from "../../definitions/expressions";
import { parsePhaseFile, type PhaseFile } from "../file/parse";
import type { WrittenStep } from "../file/schema";
import { shownPath } from "../folder/paths";
import type { PhaseFolder } from "../folder/phase-folder";
import type { Reference } from "../expressions/references";
import { Texts } from "../expressions/texts";
import type { FilePhase } from "../lifecycle/phase-names";
import { attempt } from "./attempt";
import { compileAction } from "./compile-action";
import type { GuestFacts } from "./context";
import { NamedFiles } from "./named-files";
import type { ResolvedPhase, ResolvedStep } from "./resolved-phase";
import { stepName } from "./step-name";

export interface CompileInputs {
  readonly folder: PhaseFolder;
  readonly guest: GuestFacts;
  readonly scope: Scope;
  readonly known: KnownNames;
  readonly mistakes: Mistakes;
}

/** Reads a phase file, its includes and the files that they name, and makes one list of steps of it. */
export async function compilePhase(
  phase: FilePhase,
  file: string,
  inputs: CompileInputs,
): Promise<ResolvedPhase> {
  const references = new Map<string, Reference>();
  const files = new NamedFiles(inputs.folder, inputs.mistakes);
  const compiler = new Compiler(phase, inputs, references, files);
  const steps = await compiler.steps(file, [], []);
  const named = [...references.values()];
  return {
    phase,
    file,
    steps,
    asksForSnapshots: named.some(([root, name = "snapshots"]) => root === "run" && name === "snapshots"),
    uses: {
      files: await files.digests(),
      references: named.filter(([root]) => root !== "run"),
    },
  };
}

class Compiler {
  private readonly checkpoints = new Set<string>();

  constructor(
    private readonly phase: FilePhase,
    private readonly inputs: CompileInputs,
    private readonly references: Map<string, Reference>,
    private readonly files: NamedFiles,
  ) {}

  /** @param above the files that include this one, outermost first */
  async steps(
    path: string,
    conditions: readonly Template[],
    above: readonly string[],
  ): Promise<ResolvedStep[]> {
    const { folder, mistakes } = this.inputs;
    this.files.add(path);
    const content = await attempt(mistakes, () => folder.read(path));
    if (content === undefined) return [];
    const file = parsePhaseFile(shownPath(folder, path), content, mistakes);
    if (file === undefined) return [];
    const texts = new Texts(file, { ...this.inputs, references: this.references });
    const compiled: ResolvedStep[] = [];
    for (const { index, written } of file.steps) {
      const own = conditionsOf(written, index, conditions, texts);
      if (written.action === "include") {
        compiled.push(...(await this.include(written.step.include, index, file, path, texts, own, above)));
      } else {
        const step = await this.step(written, index, file, path, texts, own);
        if (step !== undefined) compiled.push(step);
      }
    }
    return compiled;
  }

  private async include(
    text: string,
    index: number,
    file: PhaseFile,
    path: string,
    texts: Texts,
    conditions: readonly Template[],
    above: readonly string[],
  ): Promise<ResolvedStep[]> {
    const place = { file: file.yaml, path: ["steps", index, "include"] };
    const target = await this.files.name(texts.fixed(text, place.path), path, place, ["file"]);
    if (target === undefined) return [];
    const chain = [...above, path];
    if (chain.includes(target)) {
      this.inputs.mistakes.at(place, {
        what: "the file includes itself",
        found: [...chain.slice(chain.indexOf(target)), target].join(" -> "),
      });
      return [];
    }
    return this.steps(target, conditions, chain);
  }

  private async step(
    written: Exclude<WrittenStep, { action: "include" }>,
    index: number,
    file: PhaseFile,
    path: string,
    texts: Texts,
    conditions: readonly Template[],
  ): Promise<ResolvedStep | undefined> {
    const at = ["steps", index];
    const name = texts.template(stepName(written), [...at, "name"], "open");
    const action = await compileAction(written, {
      at,
      path,
      texts,
      yaml: file.yaml,
      phase: this.phase,
      guest: this.inputs.guest,
      scope: this.inputs.scope,
      files: this.files,
      checkpoints: this.checkpoints,
      mistakes: this.inputs.mistakes,
    });
    if (action === undefined) return undefined;
    const { timeout, retries, retryDelay } = written.step as Repeated;
    const { line } = file.yaml.positionOf(at);
    return {
      name,
      place: `${file.yaml.name}:${line}`,
      conditions,
      action,
      ...(timeout === undefined ? {} : { timeoutMs: timeout * 1000 }),
      retries: retries ?? 0,
      retryDelayMs: (retryDelay ?? DEFAULT_RETRY_DELAY) * 1000,
    };
  }
}

/** Seconds between two tries. */
const DEFAULT_RETRY_DELAY = 5;

interface Repeated {
  readonly timeout?: number;
  readonly retries?: number;
  readonly retryDelay?: number;
}

function conditionsOf(
  { step }: WrittenStep,
  index: number,
  above: readonly Template[],
  texts: Texts,
): readonly Template[] {
  if (step.when === undefined) return above;
  return [...above, texts.condition(step.when, ["steps", index, "when"])];
}
