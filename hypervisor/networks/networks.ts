import { CommandError } from "../../connections/shell";
import { UserError } from "../../definitions/user-error";
import { foreignOwner } from "../domain/ownership";
import type { HypervisorHost } from "../host";
import { sameOwner } from "../owner";
import { sameData } from "../same-data";
import { bridgeName, networkAddresses } from "./addresses";
import { changeReservations, definedNetwork, redefine, setAutostart, start, stop } from "./libvirt-network";
import type { NetworkFacts } from "./network-xml";
import type { NetworkSpec } from "./spec";

/**
 * Makes a network, marks it as ours and starts it; one with the same mark is adopted and brought into shape. An
 * `existing` one is only started.
 * @returns libvirt's UUID of it.
 * @throws UserError when the name is somebody else's, an `existing` one is missing, or its addresses are in use.
 */
export async function createNetwork(
  host: HypervisorHost,
  spec: NetworkSpec,
): Promise<{ readonly uuid: string }> {
  const found = await definedNetwork(host, spec.name);
  if (spec.mode === "existing") return useNetwork(host, spec, found);
  if (found === null) return defineNetwork(host, spec);
  assertOurs(host, spec, found);
  // Nothing tells of a template's network whether it is still what the template says.
  if (spec.template === undefined && sameExceptReservations(spec, found)) {
    return updateNetwork(host, spec, spec);
  }
  await stop(host, spec.name);
  return defineNetwork(host, spec, found.uuid);
}

/** Changes reservations, mark and autostart of a running network; `diffNetwork` says what else needs a new one. */
export async function updateNetwork(
  host: HypervisorHost,
  before: Pick<NetworkSpec, "reservations">,
  spec: NetworkSpec,
): Promise<{ readonly uuid: string }> {
  const found = await definedNetwork(host, spec.name);
  if (spec.mode === "existing") return useNetwork(host, spec, found);
  if (found === null) return defineNetwork(host, spec);
  assertOurs(host, spec, found);
  await start(host, spec);
  await changeReservations(host, spec, found, before.reservations);
  if (!sameData(found.owner, spec.owner)) await redefine(host, spec, found.uuid);
  await setAutostart(host, spec);
  return { uuid: found.uuid };
}

/**
 * Looks how a network is defined. Changes nothing.
 * @returns null when there is none of this name that is ours (for `existing`: none at all).
 */
export async function readNetwork(
  host: HypervisorHost,
  spec: NetworkSpec,
): Promise<{ readonly uuid: string; readonly spec: NetworkSpec } | null> {
  const found = await definedNetwork(host, spec.name);
  if (found === null) return null;
  if (spec.mode === "existing") return { uuid: found.uuid, spec };
  if (found.owner === null || !sameOwner(found.owner, spec.owner)) return null;
  const info = await host.virsh(["net-info", "--network", spec.name]);
  const active = /^Active:\s+yes$/m.test(info);
  return {
    uuid: found.uuid,
    spec: {
      ...spec,
      ...observed(spec, found),
      owner: active ? found.owner : { ...found.owner, version: "(not active)" },
      autostart: /^Autostart:\s+yes$/m.test(info),
      reservations: observedReservations(spec, found),
    },
  };
}

/** Stops and removes a network that is ours; fine when it has gone. Somebody else's is left alone. */
export async function deleteNetwork(
  host: HypervisorHost,
  spec: Pick<NetworkSpec, "name" | "owner" | "mode">,
): Promise<void> {
  if (spec.mode === "existing") return;
  const found = await definedNetwork(host, spec.name);
  if (found?.owner === undefined || found.owner === null || !sameOwner(found.owner, spec.owner)) return;
  await stop(host, spec.name);
  const argv = ["net-undefine", "--network", spec.name];
  const result = await host.tryVirsh(argv);
  if (result.exitCode !== 0 && (await definedNetwork(host, spec.name)) !== null) {
    throw new CommandError(host.shell.description, ["virsh", ...argv], result);
  }
}

function assertOurs(host: HypervisorHost, spec: NetworkSpec, { owner }: NetworkFacts): void {
  if (owner === null || !sameOwner(owner, spec.owner))
    throw foreignOwner(host, `network "${spec.name}"`, owner);
}

async function useNetwork(host: HypervisorHost, spec: NetworkSpec, found: NetworkFacts | null) {
  if (found === null) {
    throw new UserError({
      what: `hypervisor "${host.spec.name}" has no network "${spec.name}"`,
      remedy: "define it with virsh net-define, or give it a mode and a cidr to have it made",
    });
  }
  await start(host, spec);
  return { uuid: found.uuid };
}

/** Defines and starts; what was not there before is gone again when it cannot be started. */
async function defineNetwork(host: HypervisorHost, spec: NetworkSpec, uuid?: string) {
  await redefine(host, spec, uuid);
  try {
    await start(host, spec);
    await setAutostart(host, spec);
  } catch (error) {
    if (uuid === undefined) {
      await stop(host, spec.name).catch(() => undefined);
      await host.tryVirsh(["net-undefine", "--network", spec.name]);
    }
    throw error;
  }
  return { uuid: (await definedNetwork(host, spec.name))?.uuid ?? "" };
}

/** Properties that differ in a definition, as a specification would have them. */
function observed(spec: NetworkSpec, found: NetworkFacts): Partial<NetworkSpec> {
  if (spec.template !== undefined) return {};
  const wanted = networkAddresses(spec.cidr ?? "");
  return {
    ...(spec.mode === found.mode ? {} : { mode: found.mode }),
    ...(found.gateway === `${wanted.gateway}/${wanted.prefix}` ? {} : { cidr: found.gateway ?? undefined }),
    ...(found.bridge === bridgeName(spec) ? {} : { bridge: found.bridge }),
    ...((spec.domain ?? null) === found.domain ? {} : { domain: found.domain ?? undefined }),
  };
}

function sameExceptReservations(spec: NetworkSpec, found: NetworkFacts): boolean {
  return Object.keys(observed(spec, found)).length === 0;
}

function observedReservations(spec: NetworkSpec, found: NetworkFacts): NetworkSpec["reservations"] {
  if (spec.template === undefined) {
    return sameReservations(spec, found) ? spec.reservations : [...found.reservations];
  }
  return spec.reservations.filter((ours) => found.reservations.some((each) => sameData(ours, each)));
}

function sameReservations(spec: NetworkSpec, { reservations }: NetworkFacts): boolean {
  const sorted = (list: readonly NetworkSpec["reservations"][number][]) =>
    [...list].sort((a, b) => (a.mac < b.mac ? -1 : 1));
  return sameData(sorted(spec.reservations), sorted(reservations));
}
