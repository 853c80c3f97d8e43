import type { CleanSnapshot, ProvisionedGuest } from "../components";

/** The guests that a program has registered, by name: of a farm, or of a project on another stack's farm. */
export interface RegisteredGuests {
  readonly guests: ReadonlyMap<string, CleanSnapshot | ProvisionedGuest>;
}
