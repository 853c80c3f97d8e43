import { FarmIdentity } from "../providers/farm-identity";

let shared: FarmIdentity | undefined;

/**
 * The identity of the farm that a program makes, when the program gives none: one per stack, registered at its first
 * use. All components have to share it, because it is what tells this farm's guests from those of others.
 */
export function defaultIdentity(): FarmIdentity {
  shared ??= new FarmIdentity("guest-farm-identity");
  return shared;
}
