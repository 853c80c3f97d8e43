import { machineTraits } from "./machine";
import { interfaceParts } from "./nics";
import type { DomainPlan, XmlPart } from "./parts";
import { controllerParts, diskParts } from "./storage";

/** A serial console that people can attach to and that is logged to the guest's folder meanwhile. */
export function consoleParts({ spec, layout }: DomainPlan): XmlPart {
  const log = { "@file": layout.files.console, "@append": "on" };
  return machineTraits(spec.arch, spec.machine).console === "sclp"
    ? { console: { "@type": "pty", log, target: { "@type": "sclp", "@port": 0 } } }
    : {
        serial: { "@type": "pty", log, target: { "@port": 0 } },
        console: { "@type": "pty", target: { "@type": "serial", "@port": 0 } },
      };
}

/** Channel of the guest agent. libvirt names the socket. */
export const AGENT_PART: XmlPart = {
  "@type": "unix",
  target: { "@type": "virtio", "@name": "org.qemu.guest_agent.0" },
};

/** Randomness from the start: first boots make keys. */
export const RNG_PART: XmlPart = {
  "@model": "virtio",
  backend: { "@model": "random", "#": "/dev/urandom" },
};

export function devicesPart(plan: DomainPlan): XmlPart {
  return {
    ...(plan.spec.emulator === undefined ? {} : { emulator: plan.spec.emulator }),
    disk: diskParts(plan),
    controller: controllerParts(plan),
    interface: interfaceParts(plan.spec),
    ...consoleParts(plan),
    channel: AGENT_PART,
    // A balloon would take memory back that a memory file holds; nobody asks for it.
    memballoon: { "@model": "none" },
    rng: RNG_PART,
  };
}
