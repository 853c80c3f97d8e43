import { z } from "zod";

/** The mark on everything that guest-farm makes on a hypervisor, so that a sweep finds it and touches nothing else. */
export const OwnerMark = z.object({
  /** Random id of the farm, kept in the stack's state: two farms of the same name differ. */
  farm: z.string().min(1),
  /** `organization/project/stack` or the plain stack name. */
  stack: z.string().min(1),
  guest: z.string().min(1),
  /** Version of guest-farm that made it. */
  version: z.string().min(1),
});
export type OwnerMark = z.infer<typeof OwnerMark>;

/** XML namespace of the mark inside a domain's or network's `<metadata>`. */
export const OWNER_NAMESPACE = "https://guest-farm.dev/xmlns/owner/1";

/** Whether two marks are of the same farm, stack and guest (the version may differ). */
export function sameOwner(a: OwnerMark, b: OwnerMark): boolean {
  return a.farm === b.farm && a.stack === b.stack && a.guest === b.guest;
}
