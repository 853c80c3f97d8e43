import type { HypervisorHost } from "../host";
import { probeKvm } from "../facts/kvm-probe";
import { atLeast } from "../../definitions/version-order";
import { check, type Check } from "./check";

/** An answer that takes longer means that libvirt asks every emulator again, each time. */
const SLOW_MS = 3000;
const LIMIT_MS = 45_000;

/** Oldest releases that guest-farm is meant for. */
const LIBVIRT = "8.0";
const QEMU = "6.0";

/** Whether libvirt answers, how fast, and in which version. */
export async function checkLibvirt(host: HypervisorHost): Promise<readonly Check[]> {
  const what = `libvirt at ${host.spec.uri}`;
  const started = Date.now();
  const answer = await host
    .tryVirsh(["capabilities"], { timeoutMs: LIMIT_MS })
    .catch((error: unknown) => ({ exitCode: 1, stdout: "", stderr: String(error) }));
  const tookMs = Date.now() - started;
  if (answer.exitCode !== 0) {
    const found = answer.stderr.trim().split("\n").at(-1) ?? "no answer";
    return [{ what, found, wanted: "an answer", remedy: unreachableRemedy(found), severity: "error" }];
  }
  const kvmMode = await modeOfKvm(host);
  return [
    check(what, `answers in ${(tookMs / 1000).toFixed(2)} s`, `an answer within ${SLOW_MS / 1000} s`, {
      passed: tookMs <= SLOW_MS,
      otherwise: "warning",
      remedy:
        kvmMode !== null && !/^6[67][06]$/.test(kvmMode)
          ? `/dev/kvm has mode ${kvmMode}, so libvirt probes all emulators at every call: chgrp kvm /dev/kvm && chmod 660 /dev/kvm`
          : "see what slows libvirtd down (its log, the load of the host)",
    }),
    ...(await checkVersions(host)),
  ];
}

function unreachableRemedy(said: string): string {
  if (/permission denied|authentication|polkit/i.test(said)) {
    return "add the user to the group libvirt, or use qemu:///session";
  }
  return "systemctl start libvirtd (without systemd: virtlogd -d && libvirtd -d)";
}

/** Octal rights of /dev/kvm; null: there is none. */
async function modeOfKvm(host: HypervisorHost): Promise<string | null> {
  const result = await host.shell.run({ argv: ["stat", "-c", "%a", "/dev/kvm"] });
  return result.exitCode === 0 ? result.stdout.trim() : null;
}

async function checkVersions(host: HypervisorHost): Promise<readonly Check[]> {
  const versions = await host.virsh(["version"], { timeoutMs: LIMIT_MS });
  const of = (pattern: RegExp) => pattern.exec(versions)?.[1] ?? "unknown";
  const libvirt = of(/^Using library: libvirt (\S+)$/m);
  const qemu = of(/^Running hypervisor: QEMU (\S+)$/m);
  const old = { otherwise: "warning", remedy: "use a newer release of the system" } as const;
  return [
    check("libvirt version", libvirt, `${LIBVIRT} or newer`, { passed: atLeast(libvirt, LIBVIRT), ...old }),
    check("QEMU version", qemu, `${QEMU} or newer`, { passed: atLeast(qemu, QEMU), ...old }),
  ];
}

/** Whether guests run with KVM, by running one anew. Without it everything works by emulation, several times slower. */
export async function checkKvm(host: HypervisorHost): Promise<Check> {
  const { works, reason } = await probeKvm(host.shell, { again: true });
  return check("KVM", works ? "works: a guest ran" : `does not work: ${reason}`, "a guest runs", {
    passed: works,
    otherwise: "warning",
    remedy: `guests are emulated, several times slower; for KVM ${wayToKvm(reason)}`,
  });
}

function wayToKvm(reason: string): string {
  if (/may not use/.test(reason)) return "add the user to the group kvm";
  if (/no \/dev\/kvm/.test(reason)) {
    return "enable virtualisation in the firmware and load the module kvm_intel or kvm_amd";
  }
  return "use real hardware, or a virtual machine with working nested virtualisation";
}
