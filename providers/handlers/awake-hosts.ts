import { randomUUID } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { type Awake, keepAwake } from "../../hypervisor/awake/awake";
import type { HypervisorSpec } from "../../hypervisor/spec";

/**
 * Hypervisors that are guests and that this process keeps up, by domain. One that was started stays up as long as the
 * process: between two resources it would be powered off and started again. It ends with the process, however that ends.
 */
const kept = new Map<string, Promise<Awake>>();

/** Makes sure that a hypervisor is up, and stays so. @throws as `keepAwake`. */
export async function awaken(spec: HypervisorSpec): Promise<void> {
  if (spec.connection.type !== "guest") return;
  const key = keyOf(spec.connection.domain, spec.connection.hypervisor);
  const known = kept.get(key);
  if (known !== undefined) {
    const awake = await known;
    if (!awake.lost.aborted) return;
    await letGo(key, awake);
  }
  const waking = kept.get(key) ?? startWaking(key, spec);
  await waking;
}

function startWaking(key: string, spec: HypervisorSpec): Promise<Awake> {
  const holder = {
    runId: randomUUID(),
    description: `${userInfo().username}@${hostname()} pid ${process.pid}: guests of ${spec.name}`,
    since: new Date().toISOString(),
  };
  const waking = keepAwake(spec, { holder, say: () => undefined });
  kept.set(key, waking);
  waking.catch(() => kept.delete(key));
  return waking;
}

/** Gives a guest back that this process keeps up as a hypervisor: its own lease is wanted. */
export async function giveBack(host: HypervisorSpec, domain: string): Promise<void> {
  const key = keyOf(domain, host);
  const awake = await kept.get(key)?.catch(() => undefined);
  if (awake !== undefined) await letGo(key, awake);
}

async function letGo(key: string, awake: Awake): Promise<void> {
  kept.delete(key);
  await awake.release();
}

function keyOf(domain: string, { name }: Pick<HypervisorSpec, "name">): string {
  return JSON.stringify([name, domain]);
}
