/** What other rooms use of phase files. */
export { openPhaseFolder } from "./folder/disk-folder";
export type { FolderEntry, PhaseFolder } from "./folder/phase-folder";
export { canonicalJson } from "./key/canonical-json";
export { cleanKey } from "./key/content-key";
export { digestOf, keyedDigestOf, short } from "./key/digests";
export type { GuestFacts, PhaseContext } from "./project/context";
export { loadProject } from "./project/load-project";
export type { LoadedProject, LoadOptions, MachineInputs } from "./project/loaded-project";
export type { Checkpoints, LocalCommands, StepLog, StepPorts } from "./steps/ports";
