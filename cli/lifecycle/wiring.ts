import { join } from "node:path";
import { openLocalShell } from "../../connections/local";
import { openShell } from "../../connections/open";
import { openGuestConnection } from "../../connections/open-guest";
import { arrivalLimits } from "../../connections/arrivals/limits";
import type { GuestConnection } from "../../connections/guest-connection";
import type { Shell } from "../../connections/shell";
import { guestAddresses } from "../../hypervisor/guest-addresses";
import { guestFiles, lastRunFile } from "../../hypervisor/guest-files";
import { closeGuestFolder } from "../../hypervisor/access/close-folder";
import { closeHostTo } from "../../hypervisor/firewall/host-guard";
import { type HypervisorHost, hypervisorHost } from "../../hypervisor/host";
import { GuestWatch } from "../../hypervisor/guest-watch";
import { acquireLease } from "../../hypervisor/leases/acquire-lease";
import { fencedShell } from "../../hypervisor/leases/fenced-shell";
import type { FencedLease } from "../../hypervisor/leases/lease";
import { checkNetworks } from "../../hypervisor/preflight";
import { guestPower } from "../../hypervisor/power";
import { resumingSaved } from "../../hypervisor/saved-state";
import { leaseOnAwakeHost } from "./awake-lease";
import { strayFiles } from "../../hypervisor/stray-files";
import { acquireSlot } from "../../hypervisor/slots/acquire-slot";
import { openSnapshotStore } from "../../hypervisor/snapshots/store";
import type { GuestAccess } from "../../phases/lifecycle/ports";
import type { AnnouncedInputs } from "./announced-inputs";
import { runCheckpoints } from "./checkpoints";
import { lifecycleInput } from "./lifecycle-input";
import { loadAnnounced, phaseRunnerOf } from "./project-phases";
import type { OpenRooms, RoomContext } from "./rooms";
import type { LifecycleSpec } from "./spec";
import { SYSTEM_CLOCK } from "./system-clock";

/**
 * The real rooms of a run: libvirt on the hypervisor, a connection into the guest, the project's phase files.
 *
 * @param announced what the phase files have to be, still, when the run has its lease and its slot
 */
export const roomsFor =
  (announced: AnnouncedInputs): OpenRooms =>
  async (spec, context) => {
    const { domain, guest } = spec;
    const onAway = (text: string) => context.log.say(text);
    const unfenced = openShell(domain.hypervisor.connection, onAway);
    const shell = fencedShell(unfenced);
    const host = hypervisorHost(domain.hypervisor, shell, { keepVirsh: true, onAway });
    const leases = { shell: unfenced, spec: domain.hypervisor };
    let held: FencedLease | undefined;
    const local = openLocalShell();
    try {
      const files = guestFiles(domain.hypervisor.diskPoolPath, domain.name);
      const connection = openGuestConnection(guest.connection, {
        hypervisor: domain.hypervisor,
        shell: host.shell,
        domain: domain.name,
        os: guest.os,
        arch: domain.arch,
        locate: () =>
          guestAddresses(
            host,
            domain.name,
            domain.nics.map(({ mac }) => mac),
          ),
        onRetry: (text) => context.log.say(text),
        ...(guest.become === undefined ? {} : { become: guest.become }),
      });
      return {
        acquireLease: async (options) => {
          const say = (text: string) => context.log.say(text);
          held = await leaseOnAwakeHost(domain.hypervisor, options, say, () =>
            acquireLease(leases, domain.name, options),
          );
          shell.enter(held.fence);
          const lease = held;
          return {
            abandoned: lease.abandoned,
            lost: lease.lost,
            release: async (how) => {
              await Promise.allSettled([connection.close(), host.endVirsh()]);
              await lease.release(how);
            },
          };
        },
        acquireSlot: (options) => {
          if (held === undefined) throw new Error("room is taken under a lease");
          return acquireSlot(leases, held, options);
        },
        openPorts: () => openPorts(spec, context, { host, connection, local, announced }),
        writeLastRun: (summary) =>
          host.files.writeAtomic(
            lastRunFile(files, spec.stack, domain.owner.stack),
            `${JSON.stringify(summary, undefined, 2)}\n`,
            "0600",
          ),
        close: async () => {
          await Promise.allSettled([connection.close(), local.close()]);
          await host.close();
        },
      };
    } catch (error) {
      await host.close();
      throw error;
    }
  };

/** What a run reaches its guest by. */
interface Ways {
  readonly host: HypervisorHost;
  readonly connection: GuestConnection;
  readonly local: Shell;
  readonly announced: AnnouncedInputs;
}

async function openPorts(
  spec: LifecycleSpec,
  { runId, folder, log }: RoomContext,
  { host, connection, local, announced }: Ways,
) {
  const { domain, settings } = spec;
  void connection.prepare();
  const files = guestFiles(domain.hypervisor.diskPoolPath, domain.name);
  const watch = new GuestWatch(host, domain.name, files, spec.guest.name);
  const plainPower = guestPower(host, domain.name);
  const livesOn = domain.keepRunning === true || spec.isHypervisor === true;
  const power = watch.mark(livesOn ? resumingSaved(plainPower, host, domain.name) : plainPower);
  const ready = async () => {
    if ((await power.state()) === "off") await checkNetworks(host, domain, settings.startNetworks);
  };
  const guard = () =>
    domain.nics.some(({ kind }) => kind === "user" || kind === "vde")
      ? closeHostTo(host, domain.name, domain.nics)
      : null;
  const [loaded, snapshots, , open] = await Promise.all([
    loadAnnounced(spec, announced),
    openSnapshotStore(host, domain, settings.snapshots, true),
    ready(),
    guard(),
    closeGuestFolder(host, files.folder),
    // What is swept is of use to nobody: that it could not be is no reason to fail.
    strayFiles(host, "remove", [files.folder]).catch(() => []),
  ]);
  const watched = watch.guard(connection);
  const access = guestAccess(watched, settings.readiness);
  const input = lifecycleInput(spec, runId);
  const runner = phaseRunnerOf(loaded, {
    connection: watched,
    local,
    checkpoints: runCheckpoints(
      { power, snapshots, access, warn: (text) => log.say(`warning: ${text}`) },
      input,
    ),
    log,
    clock: SYSTEM_CLOCK,
    artifactsFolder: join(folder, "artifacts"),
    fetchLimits: arrivalLimits(settings.fetchLimit),
    runId,
    snapshotNames: async () => (await snapshots.list()).map(({ name }) => name),
    stepTimeoutMs: input.limits.phaseMs,
    readiness: { mode: settings.readiness.mode, timeoutMs: input.limits.readinessMs },
  });
  const phases: typeof runner = {
    fileOf: (phase) => runner.fileOf(phase),
    run: (phase, signal) => watch.duringPhase(signal, (both) => runner.run(phase, both)),
  };
  return { power, snapshots, access, phases, warnings: open === null ? [] : [open] };
}

/** A connection, with the guest's readiness settings. */
function guestAccess(
  connection: GuestConnection,
  { mode, timeout }: LifecycleSpec["settings"]["readiness"],
): GuestAccess {
  return {
    waitUntilReady: (signal, onWait, resumed = false) =>
      connection.waitUntilReady({ mode, timeoutMs: timeout * 1000, resumed, signal, onWait }),
    refresh: () => connection.refresh(),
    syncFileSystems: (signal) => connection.syncFileSystems(signal),
    drop: () => connection.drop(),
    answers: (timeoutMs) => connection.answers(timeoutMs),
  };
}
