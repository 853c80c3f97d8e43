import { openShell } from "../connections/open";
import type { ResolvedHypervisor } from "../definitions/resolved";
import type { HypervisorSpec } from "../hypervisor/spec";

/**
 * The specification of a hypervisor of a farm. A session URI without paths has its folders in the home folder of the
 * user on the host, which is asked for.
 *
 * @throws LinkLostError or CommandError when the host has to be asked and does not answer; Error for a guest.
 */
export async function hypervisorSpec(hypervisor: ResolvedHypervisor): Promise<HypervisorSpec> {
  const { name, uri, connection } = hypervisor;
  if (connection.type === "guest") {
    throw new Error(`it is guest "${connection.guest}" of this farm, and is only asked when it runs`);
  }
  const given = hypervisor.diskPoolPath !== undefined && hypervisor.imageCachePath !== undefined;
  const folder = given ? "" : `${await homeFolder(connection)}/.local/share/guest-farm`;
  return {
    name,
    uri,
    connection,
    diskPoolPath: hypervisor.diskPoolPath ?? `${folder}/guests`,
    imageCachePath: hypervisor.imageCachePath ?? `${folder}/images`,
    ...hostWishes(hypervisor),
  };
}

/** What is the default is left out: hypervisors in states from before are the same. */
export function hostWishes({
  repairAccess,
  checkImages,
  imageSizeLimit,
  hostAccess,
}: Pick<ResolvedHypervisor, "repairAccess" | "checkImages" | "imageSizeLimit" | "hostAccess">): Pick<
  HypervisorSpec,
  "repairAccess" | "checkImages" | "imageSizeLimit" | "hostAccess"
> {
  return {
    ...(repairAccess ? { repairAccess } : {}),
    ...(checkImages === "full" ? { checkImages } : {}),
    ...(imageSizeLimit === undefined ? {} : { imageSizeLimit }),
    ...(hostAccess.length > 0 ? { hostAccess: [...hostAccess] } : {}),
  };
}

async function homeFolder(connection: HypervisorSpec["connection"]): Promise<string> {
  const shell = openShell(connection);
  try {
    return (await shell.output({ argv: ["printenv", "HOME"], timeoutMs: 20_000 })).trim();
  } finally {
    await shell.close();
  }
}
