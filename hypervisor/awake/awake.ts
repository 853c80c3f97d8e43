import { steadyMs } from "../../definitions/steady-time";
import { openGuestConnection } from "../../connections/open-guest";
import { closeHostTo } from "../firewall/host-guard";
import { type HypervisorHost, openHypervisor } from "../host";
import { type LeaseHolder, NoGuestFolderError, shownHolder } from "../leases/lease";
import { type SharedLease, shareLease } from "../leases/share-lease";
import { guestPower } from "../power";
import { resumingSaved } from "../saved-state";
import type { GuestHostSpec, HypervisorSpec } from "../spec";
import { HostGoneError } from "./host-gone";
import { untilLibvirtAnswers } from "./libvirt-answers";

/** A hypervisor that stays up as long as this is held. */
export type Awake = SharedLease;

export interface AwakeOptions {
  readonly holder: LeaseHolder;
  /** Told what is waited for. */
  readonly say: (text: string) => void;
  readonly signal?: AbortSignal;
  /** As `ShareOptions`. */
  readonly outlives?: boolean;
}

/** Power of a hypervisor that is a guest, where its connection says nothing. */
const POWER: NonNullable<GuestHostSpec["power"]> = { readiness: 600, tries: 10, delay: 30 };

/** Its own first run may be under way, and the work of its guests in what came before. */
const LEASE_WAIT_MS = 3_600_000;

/** Hypervisors that are no guests are looked after by somebody else. */
const ALWAYS: Awake = { lost: new AbortController().signal, release: () => Promise.resolve() };

/**
 * Makes sure that a hypervisor is up, and stays so until this is released: one that is a guest is started if it is off,
 * after the one that it lives on. Who uses it at the same time shares it; the last one powers it off, whatever ends
 * them.
 *
 * @throws HostGoneError when the guest that it is, is not there any more.
 * @throws LeaseHeldError, ReadinessError, the signal's reason, or an Error that says why it cannot be started.
 */
export async function keepAwake({ connection, uri }: HypervisorSpec, options: AwakeOptions): Promise<Awake> {
  if (connection.type !== "guest") return ALWAYS;
  const below = await keepAwake(connection.hypervisor, options);
  const host = openHypervisor(connection.hypervisor);
  let share: SharedLease | undefined;
  const release = async () => {
    await share?.release().catch(() => undefined);
    await host.close();
    await below.release();
  };
  try {
    share = await takeShare(host, connection, options);
    const lost = AbortSignal.any([below.lost, share.lost]);
    const signal = AbortSignal.any([lost, ...(options.signal === undefined ? [] : [options.signal])]);
    await wake(host, connection, uri, { ...options, signal });
    return { lost, release };
  } catch (error) {
    await release();
    throw error;
  }
}

async function takeShare(
  host: HypervisorHost,
  { domain, guest, power = POWER }: GuestHostSpec,
  { holder, say, signal, outlives = false }: AwakeOptions,
): Promise<SharedLease> {
  const onWait = (other: LeaseHolder, waitedMs: number) =>
    say(`waiting for guest ${guest}, used by ${shownHolder(other)} (${Math.round(waitedMs / 1000)} s)`);
  try {
    return await shareLease(
      host,
      { domain, shutdown: { tries: power.tries, delay: power.delay } },
      { holder, waitMs: LEASE_WAIT_MS, onWait, outlives, ...(signal === undefined ? {} : { signal }) },
    );
  } catch (error) {
    throw error instanceof NoGuestFolderError ? new HostGoneError(guest) : error;
  }
}

async function wake(
  host: HypervisorHost,
  connection: GuestHostSpec,
  uri: string,
  { say, signal }: AwakeOptions & { readonly signal: AbortSignal },
): Promise<void> {
  const { guest, domain, hypervisor, power = POWER } = connection;
  const machine = resumingSaved(guestPower(host, domain), host, domain);
  const state = await machine.state();
  if (state === "missing") throw new HostGoneError(guest);
  if (state === "off") {
    const open = await closeHostTo(host, domain, "as known");
    if (open !== null) say(`warning: ${open}`);
    say(`starting guest ${guest}, which is a hypervisor`);
    await machine.start();
  }
  const timeoutMs = power.readiness * 1000;
  const deadline = steadyMs() + timeoutMs;
  const way = openGuestConnection(loginOf(connection), {
    hypervisor,
    shell: host.shell,
    domain,
    os: "linux",
  });
  try {
    const onWait = (what: string) => say(`waiting for guest ${guest}: ${what}`);
    await way.waitUntilReady({ mode: "port", timeoutMs, signal, onWait });
  } finally {
    await way.close();
  }
  await untilLibvirtAnswers(connection, uri, { deadline, timeoutMs, signal });
}

function loginOf(connection: GuestHostSpec) {
  const { address, port, user, hostKeys, privateKey, password, via } = connection;
  return {
    type: "ssh" as const,
    address,
    port,
    user,
    hostKeys,
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(password === undefined ? {} : { password }),
    ...(via === undefined ? {} : { via }),
  };
}
