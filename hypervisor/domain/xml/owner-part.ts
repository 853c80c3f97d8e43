import { OWNER_NAMESPACE, OwnerMark } from "../../owner";
import type { XmlPart } from "./parts";
import { childrenOf, type XmlElement } from "./parse";

/** The owner mark as content of a domain's or network's `<metadata>`. */
export function ownerPart(owner: OwnerMark): XmlPart {
  return {
    "farm:owner": {
      "@xmlns:farm": OWNER_NAMESPACE,
      "@farm": owner.farm,
      "@stack": owner.stack,
      "@guest": owner.guest,
      "@version": owner.version,
    },
  };
}

/** The owner mark of a domain or network; null: guest-farm did not make it. */
export function readOwnerPart(root: XmlElement): OwnerMark | null {
  const marks = childrenOf(root, "metadata").flatMap((metadata) => metadata.children);
  const mark = marks.find((child) => child.name === "owner" && child.namespace === OWNER_NAMESPACE);
  return mark === undefined ? null : (OwnerMark.safeParse(mark.attributes).data ?? null);
}
