import { LinkLostError } from "../../connections/shell";
import { UserError } from "../../definitions/user-error";
import { type HypervisorHost, openHypervisor } from "../../hypervisor/host";
import { guestPower } from "../../hypervisor/power";
import type { GuestAccessSpec } from "./spec";

/** Works with a guest's hypervisor; the guest has to be on. @throws UserError when it is off or cannot be asked. */
export async function withRunningGuest<T>(
  access: GuestAccessSpec,
  work: (host: HypervisorHost) => Promise<T>,
): Promise<T> {
  return withHost(access, async (host) => {
    const state = await guestPower(host, access.domain).state();
    if (state !== "on") throw notOn(access, state);
    return work(host);
  });
}

/** Works with a guest's hypervisor. @throws UserError when it cannot be reached. */
export async function withHost<T>(
  { hypervisor }: GuestAccessSpec,
  work: (host: HypervisorHost) => Promise<T>,
): Promise<T> {
  const host = openHypervisor(hypervisor);
  try {
    return await work(host);
  } catch (error) {
    if (!(error instanceof LinkLostError)) throw error;
    throw new UserError({ what: `hypervisor "${hypervisor.name}" cannot be reached`, found: error.message });
  } finally {
    await host.close();
  }
}

function notOn({ name, domain, hypervisor }: GuestAccessSpec, state: "off" | "missing"): UserError {
  if (state === "missing") {
    return new UserError({
      what: `guest "${name}" is not defined on hypervisor "${hypervisor.name}"`,
      found: `no domain "${domain}"`,
      remedy: "run `pulumi up`",
    });
  }
  return new UserError({
    what: `guest "${name}" is off`,
    found: `domain "${domain}" on hypervisor "${hypervisor.name}" is shut off`,
    remedy:
      "leave `shutdown` out of its allowedPhases and run the stack to keep it on; " +
      `\`guest-farm console ${name} --log\` shows what it last said`,
  });
}
