import { z } from "zod";

/** The mark on everything that guest-farm makes on a hypervisor, so that a sweep finds it and touches nothing else. */
export const OwnerMark = z.object({
  /** Random id of the farm, kept in the stack's state: two farms of the same name differ. */
  farm: z.string().min(1),
  /** `organization/project/stack` or the plain stack name. */
  stack: z.string().min(1),
  guest: z.string().min(1),
  /** {@link MARK_VERSION} */
  version: z.string().min(1),
});
export type OwnerMark = z.infer<typeof OwnerMark>;

/**
 * Version of the mark, not of the package: the mark is part of what domains, networks and runs are made from, and with
 * another value the first update with a new package would change every domain and run every lifecycle.
 */
export const MARK_VERSION = "0.1.0";

/** XML namespace of the mark inside a domain's or network's `<metadata>`. */
export const OWNER_NAMESPACE = "https://guest-farm.dev/xmlns/owner/1";

/** Whether two marks are of the same farm, stack and guest (the version may differ). */
export function sameOwner(a: OwnerMark, b: OwnerMark): boolean {
  return a.farm === b.farm && a.stack === b.stack && a.guest === b.guest;
}
