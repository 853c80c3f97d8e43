import { CommandError } from "../../connections/shell";
import type { HypervisorHost } from "../host";
import { saysDomainMissing } from "../virsh-errors";
import { type DefinitionFacts, readDefinition } from "./xml/read-definition";

/**
 * What the inactive definition of a domain says; null: there is none.
 * @throws CommandError when libvirt cannot tell: "not found" is the only answer that counts as missing.
 */
export async function definedDomain(host: HypervisorHost, name: string): Promise<DefinitionFacts | null> {
  const argv = ["dumpxml", "--inactive", "--domain", name];
  const result = await host.tryVirsh(argv);
  if (result.exitCode === 0) return readDefinition(result.stdout);
  if (saysDomainMissing(result)) return null;
  throw new CommandError(host.shell.description, ["virsh", ...argv], result);
}
