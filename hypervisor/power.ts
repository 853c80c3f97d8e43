import { setTimeout as delay } from "node:timers/promises";
import { steadyMs } from "../definitions/steady-time";
import { CommandError } from "../connections/shell";
import { COMMAND_LIMITS } from "../definitions/time-limits";
import type { GuestPower } from "../phases/lifecycle/ports";
import type { HypervisorHost, VirshOptions } from "./host";
import { hostUnder } from "./host-under";
import { explainStartFailure } from "./start-failure";
import { saysDomainMissing } from "./virsh-errors";

/** How often a guest that shuts down is looked at. */
const LOOK_EVERY_MS = 250;

const START: VirshOptions = { timeoutMs: COMMAND_LIMITS.start, repeatable: true };
const STOP: VirshOptions = { timeoutMs: COMMAND_LIMITS.stop, repeatable: true };

/**
 * The power of one guest, through libvirt. The caller holds the guest's lease. Where the host is patient, whatever
 * libvirt did not answer is asked again: a guest must not stay on because its daemon was being restarted.
 */
export function guestPower(host: HypervisorHost, domain: string): GuestPower {
  return {
    state: (signal) => stateOf(hostUnder(host, signal), domain),
    start: (signal) => start(hostUnder(host, signal), domain),
    powerOff: (signal) => powerOff(hostUnder(host, signal), domain),
    shutDown: (options, signal) => shutDown(hostUnder(host, signal), domain, options, signal),
  };
}

async function stateOf(host: HypervisorHost, domain: string): Promise<"on" | "off" | "missing"> {
  const argv = ["domstate", "--domain", domain];
  const result = await host.tryVirsh(argv, { repeatable: true });
  if (saysDomainMissing(result)) return "missing";
  if (result.exitCode !== 0) throw refused(host, argv, result);
  // Paused, suspended and crashed guests still have their QEMU process: only this one state is off.
  return result.stdout.trim() === "shut off" ? "off" : "on";
}

async function start(host: HypervisorHost, domain: string): Promise<void> {
  // A managed save would bring back an old memory over newer disks: it is dropped.
  const result = await host.tryVirsh(["start", "--force-boot", "--domain", domain], START);
  if (result.exitCode === 0 || /domain is already active/i.test(result.stderr)) return;
  const why = saysDomainMissing(result) ? "it is not defined" : explainStartFailure(result.stderr);
  throw new Error(`guest "${domain}" cannot be started on hypervisor "${host.spec.name}": ${why}`);
}

async function powerOff(host: HypervisorHost, domain: string): Promise<void> {
  const argv = ["destroy", "--domain", domain];
  const result = await host.tryVirsh(argv, STOP);
  if (result.exitCode === 0 || (await stateOf(host, domain)) !== "on") return;
  // "Device or resource busy": QEMU was still writing when libvirt gave up on it. Once more, then it is an error.
  const again = await host.tryVirsh(argv, STOP);
  if (again.exitCode !== 0 && (await stateOf(host, domain)) === "on") throw refused(host, argv, again);
}

async function shutDown(
  host: HypervisorHost,
  domain: string,
  { tries, delayMs }: { readonly tries: number; readonly delayMs: number },
  signal?: AbortSignal,
): Promise<"graceful" | "forced"> {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    // By the agent if it is connected, else by ACPI. A refusal is no reason to stop: the guest may be busy.
    await host.tryVirsh(["shutdown", "--domain", domain], { repeatable: true });
    if (await offWithin(delayMs, host, domain, signal)) return "graceful";
  }
  await powerOff(host, domain);
  return "forced";
}

/** Whether the guest is off before the time is over. */
async function offWithin(
  ms: number,
  host: HypervisorHost,
  domain: string,
  signal?: AbortSignal,
): Promise<boolean> {
  const end = steadyMs() + ms;
  for (;;) {
    if ((await stateOf(host, domain)) !== "on") return true;
    const left = end - steadyMs();
    if (left <= 0) return false;
    await delay(Math.min(LOOK_EVERY_MS, left), undefined, signal === undefined ? {} : { signal });
  }
}

function refused(
  host: HypervisorHost,
  argv: readonly string[],
  result: CommandError["result"],
): CommandError {
  return new CommandError(host.shell.description, ["virsh", ...argv], result);
}
