/** What other rooms use of phase files. */
export { openPhaseFolder } from "./folder/disk-folder";
export { noPhaseFolder } from "./folder/refusals";
export type { PhaseFolder } from "./folder/phase-folder";
export { cleanKey } from "./key/content-key";
export { machineOf } from "./key/machine";
export { INPUT_PREFIXES, type PhaseInput } from "./key/describe-inputs";
export type { GuestFacts, PhaseContext } from "./project/context";
export { phaseContext, type PhaseSubject } from "./project/subject";
export { loadProject } from "./project/load-project";
export type { LoadedProject, LoadOptions, MachineInputs } from "./project/loaded-project";
export { MASK, maskerFor, maskText, type Masker } from "./masking";
export { LastLines } from "./steps/last-lines";
export { createPhaseRunner } from "./steps/phase-runner";
export type { Checkpoints, LocalCommands, StepLog, StepPorts } from "./steps/ports";
export { misspeltFiles, type MisspeltFile } from "./misspelt-files";
export { phasesPath } from "./ready";
export { printableLine } from "../connections/printable";
