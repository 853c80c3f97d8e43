import { STDIN_FILE } from "../host";
import type { KnownInventory, SnapshotContext } from "./context";
import { type DiskRewrite, rewriteDisks } from "./definition-disks";

/** Points the guest's definition at other disk files; all else in it stays. Returns the new one. */
export async function defineDisks(
  context: SnapshotContext,
  { definition }: KnownInventory,
  rewrite: DiskRewrite,
): Promise<string> {
  if (definition === null) throw new Error(`domain "${context.spec.name}" is not defined`);
  const changed = rewriteDisks(definition, rewrite);
  await defineXml(context, changed);
  return changed;
}

/** Defines the guest by an XML text that libvirt wrote. */
export async function defineXml({ host }: SnapshotContext, xml: string): Promise<void> {
  await host.virsh(["define", "--file", STDIN_FILE], { stdin: xml });
}
