import type { FilePhase } from "../lifecycle/phase-names";
import type { PhaseInput } from "../key/describe-inputs";
import type { PhaseFolder } from "../folder/phase-folder";
import type { GuestFacts, PhaseContext } from "./context";
import type { ResolvedPhase } from "./resolved-phase";

export interface LoadOptions {
  readonly folder: PhaseFolder;
  readonly guest: GuestFacts;
  readonly context: PhaseContext;
}

/** The machine under an init snapshot, as far as its content depends on it. */
export interface MachineInputs {
  /** sha256 of the base image. */
  readonly baseImage: string;
  readonly arch: string;
  readonly machine: string;
  /** As in the domain's specification; plain data. */
  readonly firmware: unknown;
  /** Text files of the first-boot seed by file name; identity (host keys, instance id) is left out of the key. */
  readonly seed?: Readonly<Record<string, string>>;
}

/** The phase files of one project for one guest: read, understood and free of mistakes. */
export interface LoadedProject {
  /** The file of each phase, relative to the project's folder; null: none. */
  readonly files: Readonly<Record<FilePhase, string | null>>;
  readonly phases: Readonly<Record<FilePhase, ResolvedPhase | null>>;
  readonly guest: GuestFacts;
  /** The context with the merged variables. */
  readonly context: PhaseContext;
  readonly folder: PhaseFolder;
  /**
   * Content key of the init snapshot: sha256 (hex) over the machine and all that dependencies and init use.
   *
   * @param salt secret; secrets and the seed enter as HMAC with it
   */
  key(machine: MachineInputs, salt: string): string;
  /** All files and values that the phases use. @param salt secrets enter as HMAC with it */
  inputs(salt: string): readonly PhaseInput[];
  /**
   * Readable inputs for the environment of the lifecycle command: names like `GUEST_FARM_FILE_main_yaml`, values
   * short digests. What differs between two of them names what changed. Same in every checkout; no secret in it.
   *
   * @param salt secret; secrets enter as HMAC with it
   */
  describeInputs(salt: string): Readonly<Record<string, string>>;
}
