import { digestOf } from "../../definitions/canonical-json";
import type { Scope } from "../../definitions/expressions";
import type { GuestFacts } from "../project/context";
import type { MachineInputs } from "../project/loaded-project";
import type { PhaseInputs, ResolvedPhase } from "../project/resolved-phase";
import { keyedDigestOf } from "./digests";
import { seedWithoutIdentity } from "./seed";
import { referredValues } from "./values";

/** Raised when the meaning of the key's parts changes: every snapshot is then made anew. */
const KEY_FORMAT = 1;

/** Key of a clean snapshot: what a guest is before any project. */
export function cleanKey(machine: MachineInputs, salt: string): string {
  return digestOf({ format: KEY_FORMAT, machine: machinePart(machine, salt) });
}

/** What the content of an init snapshot is made from. */
export interface InitInputs {
  readonly machine: MachineInputs;
  readonly guest: Pick<GuestFacts, "shell" | "user">;
  readonly dependencies: Pick<ResolvedPhase, "file" | "uses"> | null;
  readonly init: Pick<ResolvedPhase, "file" | "uses"> | null;
  readonly scope: Scope;
}

/**
 * Key of an init snapshot. Values enter as far as dependencies and init refer to them, so that a variable of `main`
 * alone leaves it as it is. A run's id does not enter: it differs in every run.
 *
 * @param salt secrets and the seed enter as HMAC with it
 */
export function contentKey(inputs: InitInputs, salt: string): string {
  const { dependencies, init, scope } = inputs;
  return digestOf({
    format: KEY_FORMAT,
    machine: machinePart(inputs.machine, salt),
    guest: { shell: inputs.guest.shell, user: inputs.guest.user },
    dependencies: phasePart(dependencies, scope, salt),
    init: phasePart(init, scope, salt),
  });
}

function machinePart({ baseImage, arch, machine, firmware, seed }: MachineInputs, salt: string): unknown {
  return {
    baseImage,
    arch,
    machine,
    firmware,
    seed: seed === undefined ? null : keyedDigestOf(seedWithoutIdentity(seed), salt),
  };
}

function phasePart(phase: InitInputs["init"], scope: Scope, salt: string): unknown {
  if (phase === null) return null;
  return { file: phase.file, files: phase.uses.files, values: valuesPart(phase.uses, scope, salt) };
}

function valuesPart(uses: PhaseInputs, scope: Scope, salt: string): unknown {
  return referredValues(uses.references, scope).map(({ reference, value, absent }) => {
    if (absent) return [reference];
    return [reference, reference[0] === "secrets" ? keyedDigestOf(value, salt) : value];
  });
}
