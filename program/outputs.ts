import { sshEndpoint } from "../components/guest/lifecycle-spec";
import type { FarmView } from "../discovery/look-at-farm";

/** What a stack exports: where every guest is and how to get in. */
export function farmOutputs({ guests, farm: { project } }: FarmView): Record<string, unknown> {
  const described = guests.map((guest) => {
    const way =
      guest.connection === "ssh"
        ? { address: "found when it runs", ...sshEndpoint(guest) }
        : { address: "guest agent", port: 0 };
    const builds =
      project?.guests.includes(guest.name) === true ? `${project.id}.${project.revision}` : undefined;
    return [
      guest.name,
      {
        hypervisor: guest.hypervisor,
        domain: guest.domainName,
        ...way,
        user: guest.auth.user,
        project: builds,
      },
    ] as const;
  });
  return { guests: Object.fromEntries(described) };
}
