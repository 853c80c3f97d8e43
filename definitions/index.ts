export type { StackChoices } from "./resolve/choose-project";
export { ImageChecksum, ImageDefinition, ImageSource, ImageStep } from "./images";
export { nearestName, oneOf } from "./nearest";
export { PHASES, PhaseName } from "./phase-names";
export { ArchFacts, HypervisorFacts } from "./placement/facts";
export { resolveFarm, type FarmInput } from "./resolve";
export { settingsOn } from "./resolve/settings";
export type * from "./resolved";
export { formatMistake, UserError, type Mistake } from "./user-error";
