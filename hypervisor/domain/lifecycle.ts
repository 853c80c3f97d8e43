import { guestFiles } from "../guest-files";
import type { HypervisorHost } from "../host";
import { sameOwner } from "../owner";
import { sameData } from "../same-data";
import { definedDomain } from "./defined-domain";
import { guestDisks } from "./disks";
import { observedSpec } from "./drift";
import { establishDomain, type Established } from "./establish";
import { readFolderOwner } from "./ownership";
import type { DomainSpec } from "./spec";
import { domainXml } from "./xml/domain-xml";
import { readDefinition } from "./xml/read-definition";

/**
 * Defines a domain with its folder, first layer, seed and NVRAM; boots nothing. A domain or folder with the same
 * owner mark is adopted and repaired, with its snapshots.
 * @throws UserError when the name is taken by somebody else, or the specification cannot be defined.
 * @throws CommandError when libvirt or the host refuses; nothing that this call made is left.
 */
export function createDomain(host: HypervisorHost, spec: DomainSpec): Promise<Established> {
  return establishDomain(host, spec, { insertSeed: true });
}

/**
 * Changes a domain in place; `diffDomain` says what may be. What has vanished meanwhile is made again. The caller
 * holds the guest's lease.
 */
export function updateDomain(
  host: HypervisorHost,
  before: DomainSpec,
  after: DomainSpec,
): Promise<Established> {
  return establishDomain(host, after, { insertSeed: !sameData(before.seed, after.seed) });
}

export interface ReadDomain {
  readonly uuid: string;
  /** `spec`, with what differs from it on the hypervisor put in. */
  readonly spec: DomainSpec;
}

/**
 * Looks how a domain is defined. Changes nothing.
 * @returns null when there is no domain of this name with the guest's owner mark.
 */
export async function readDomain(host: HypervisorHost, spec: DomainSpec): Promise<ReadDomain | null> {
  const found = await definedDomain(host, spec.name);
  if (found?.owner === undefined || found.owner === null || !sameOwner(found.owner, spec.owner)) return null;
  const files = guestFiles(spec.hypervisor.diskPoolPath, spec.name);
  const disks = guestDisks(spec);
  const layout = { uuid: found.uuid, files, disks, sources: {}, seed: files.seed };
  const wanted = readDefinition(domainXml({ spec, layout }));
  const observed = observedSpec(spec, wanted, found);
  const [folder, info] = await Promise.all([
    readFolderOwner(host, files),
    host.virsh(["dominfo", "--domain", spec.name]),
  ]);
  // Undefined while it runs: gone as soon as it is off. A new mark has it defined again.
  const lost = /^Persistent:\s+no$/m.test(info) ? "(not defined)" : folder === null ? "(no folder)" : null;
  const startsWithHost = /^Autostart:\s+enable/m.test(info);
  return {
    uuid: found.uuid,
    spec: {
      ...observed,
      ...(spec.keepRunning === true && !startsWithHost ? { keepRunning: false } : {}),
      ...(lost === null ? {} : { owner: { ...observed.owner, version: lost } }),
    },
  };
}
