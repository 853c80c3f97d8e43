import * as pulumi from "@pulumi/pulumi";
import { FarmIdentity } from "../providers/farm-identity";
import { identitySeeds } from "../providers/farm-keys";
import { farmSecret } from "./farm-secret";

/** By the monitor of a run: one process can run several programs, or one several times. */
const shared = new WeakMap<object, FarmIdentity>();

/**
 * The identity of the farm that a program makes, when the program gives none: one per run, registered at its first
 * use. All components have to share it, because it is what tells this farm's guests from those of others.
 */
export function defaultIdentity(): FarmIdentity {
  const run = pulumi.runtime.getMonitor();
  const known = run === undefined ? undefined : shared.get(run);
  if (known !== undefined) return known;
  const identity = new FarmIdentity("guest-farm-identity", undefined, farmSecret()?.apply(identitySeeds));
  if (run !== undefined) shared.set(run, identity);
  return identity;
}
