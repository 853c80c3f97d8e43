import { setTimeout as delay } from "node:timers/promises";
import { CommandError } from "../connections/shell";
import type { GuestPower } from "../phases/lifecycle/ports";
import type { HypervisorHost } from "./host";
import { explainStartFailure } from "./start-failure";
import { saysDomainMissing } from "./virsh-errors";

/** How often a guest that shuts down is looked at. */
const LOOK_EVERY_MS = 250;

/** Starting maps and may preallocate memory; stopping hard waits for QEMU to write what it holds. */
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 60_000;

/** The power of one guest, through libvirt. The caller holds the guest's lease. */
export function guestPower(host: HypervisorHost, domain: string): GuestPower {
  const refused = (argv: readonly string[], result: CommandError["result"]) =>
    new CommandError(host.shell.description, ["virsh", ...argv], result);

  const state: GuestPower["state"] = async () => {
    const argv = ["domstate", "--domain", domain];
    const result = await host.tryVirsh(argv);
    if (saysDomainMissing(result)) return "missing";
    if (result.exitCode !== 0) throw refused(argv, result);
    // Paused, suspended and crashed guests still have their QEMU process: only this one state is off.
    return result.stdout.trim() === "shut off" ? "off" : "on";
  };

  const start: GuestPower["start"] = async () => {
    // A managed save would bring back an old memory over newer disks: it is dropped.
    const argv = ["start", "--force-boot", "--domain", domain];
    const result = await host.tryVirsh(argv, { timeoutMs: START_TIMEOUT_MS });
    if (result.exitCode === 0 || /domain is already active/i.test(result.stderr)) return;
    const why = saysDomainMissing(result) ? "it is not defined" : explainStartFailure(result.stderr);
    throw new Error(`guest "${domain}" cannot be started on hypervisor "${host.spec.name}": ${why}`);
  };

  const powerOff: GuestPower["powerOff"] = async () => {
    const argv = ["destroy", "--domain", domain];
    const result = await host.tryVirsh(argv, { timeoutMs: STOP_TIMEOUT_MS });
    if (result.exitCode === 0 || (await state()) !== "on") return;
    // "Device or resource busy": QEMU was still writing when libvirt gave up on it. Once more, then it is an error.
    const again = await host.tryVirsh(argv, { timeoutMs: STOP_TIMEOUT_MS });
    if (again.exitCode !== 0 && (await state()) === "on") throw refused(argv, again);
  };

  /** Whether the guest is off before the time is over. */
  const offWithin = async (ms: number): Promise<boolean> => {
    const end = Date.now() + ms;
    for (;;) {
      if ((await state()) !== "on") return true;
      const left = end - Date.now();
      if (left <= 0) return false;
      await delay(Math.min(LOOK_EVERY_MS, left));
    }
  };

  const shutDown: GuestPower["shutDown"] = async ({ tries, delayMs }) => {
    for (let attempt = 0; attempt < tries; attempt += 1) {
      // By the agent if it is connected, else by ACPI. A refusal is no reason to stop: the guest may be busy.
      await host.tryVirsh(["shutdown", "--domain", domain]);
      if (await offWithin(delayMs)) return "graceful";
    }
    await powerOff();
    return "forced";
  };

  return { state, start, shutDown, powerOff };
}
