import { CommandError } from "../../connections/shell";
import { UserError } from "../../definitions/user-error";
import { type HypervisorHost, STDIN_FILE } from "../host";
import { sameData } from "../same-data";
import { saysNetworkMissing } from "../virsh-errors";
import { networkFromTemplate } from "./network-template";
import { type NetworkFacts, networkXml, readNetworkXml, reservationXml } from "./network-xml";
import type { NetworkSpec } from "./spec";

/** What the definition of a network says; null: there is none. */
export async function definedNetwork(host: HypervisorHost, name: string): Promise<NetworkFacts | null> {
  const argv = ["net-dumpxml", "--inactive", "--network", name];
  const result = await host.tryVirsh(argv);
  if (result.exitCode === 0) return readNetworkXml(result.stdout);
  if (saysNetworkMissing(result)) return null;
  throw new CommandError(host.shell.description, ["virsh", ...argv], result);
}

export async function redefine(host: HypervisorHost, spec: NetworkSpec, uuid?: string): Promise<void> {
  const { template } = spec;
  if (template === undefined) {
    await host.virsh(["net-define", "--file", STDIN_FILE], { stdin: networkXml(spec, uuid) });
    return;
  }
  const argv = ["net-define", "--validate", "--file", STDIN_FILE];
  const { exitCode, stderr } = await host.tryVirsh(argv, {
    stdin: networkFromTemplate(template, spec, uuid),
  });
  if (exitCode === 0) return;
  throw new UserError({
    what: `libvirt refuses the definition made from the template of network "${spec.name}"`,
    path: "template",
    found: stderr.trim(),
    remedy: "mend the template; virt-xml-validate on the hypervisor shows the place",
  });
}

export async function start(host: HypervisorHost, spec: NetworkSpec): Promise<void> {
  const argv = ["net-start", "--network", spec.name];
  const result = await host.tryVirsh(argv);
  if (result.exitCode === 0 || /network is already active/i.test(result.stderr)) return;
  if (
    /already in use by interface|Address already in use|failed to create listening socket/i.test(
      result.stderr,
    )
  ) {
    throw new UserError({
      what: `network "${spec.name}" cannot be started on hypervisor "${host.spec.name}": its addresses are in use there`,
      path: "cidr",
      found: spec.cidr ?? "",
      remedy: `use another cidr; libvirt says: ${result.stderr.trim().split("\n").at(-1) ?? ""}`,
    });
  }
  throw new CommandError(host.shell.description, ["virsh", ...argv], result);
}

export async function stop(host: HypervisorHost, name: string): Promise<void> {
  const argv = ["net-destroy", "--network", name];
  const result = await host.tryVirsh(argv);
  const fine = /network is not active|not active/i.test(result.stderr) || saysNetworkMissing(result);
  if (result.exitCode !== 0 && !fine)
    throw new CommandError(host.shell.description, ["virsh", ...argv], result);
}

export async function setAutostart(host: HypervisorHost, { name, autostart }: NetworkSpec): Promise<void> {
  await host.virsh(["net-autostart", ...(autostart ? [] : ["--disable"]), "--network", name]);
}

/**
 * Old ones go first: an address may pass from one card to another.
 * @param before what we had reserved; in a template there may be others, which are the user's
 */
export async function changeReservations(
  host: HypervisorHost,
  spec: NetworkSpec,
  found: NetworkFacts,
  before: NetworkSpec["reservations"],
): Promise<void> {
  const ours = found.reservations.filter(
    (each) => spec.template === undefined || before.some((old) => sameData(old, each)),
  );
  const gone = ours.filter((old) => !spec.reservations.some((now) => sameData(old, now)));
  const fresh = spec.reservations.filter((now) => !found.reservations.some((old) => sameData(old, now)));
  const update = (command: string, xml: string) =>
    host.virsh(["net-update", spec.name, command, "ip-dhcp-host", xml, "--live", "--config"]);
  for (const reservation of gone) await update("delete", reservationXml(reservation));
  for (const reservation of fresh) await update("add-last", reservationXml(reservation));
}
