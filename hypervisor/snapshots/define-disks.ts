import { STDIN_FILE } from "../host";
import type { KnownInventory, SnapshotContext } from "./context";
import { type DiskRewrite, rewriteDisks } from "./definition-disks";

/** Points the guest's definition at other disk files; all else in it stays. */
export async function defineDisks(
  context: SnapshotContext,
  { definition }: KnownInventory,
  rewrite: DiskRewrite,
): Promise<void> {
  if (definition === null) throw new Error(`domain "${context.spec.name}" is not defined`);
  await defineXml(context, rewriteDisks(definition, rewrite));
}

/** Defines the guest by an XML text that libvirt wrote. */
export async function defineXml({ host }: SnapshotContext, xml: string): Promise<void> {
  await host.virsh(["define", "--file", STDIN_FILE], { stdin: xml });
}
