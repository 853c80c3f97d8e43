import type { DomainPlan, XmlPart } from "./parts";

/** `<os>`: machine, and what it boots by. */
export function osPart({ spec, layout }: DomainPlan): XmlPart {
  const type = { "@arch": spec.arch, "@machine": spec.machine, "#": "hvm" };
  const { firmware } = spec;
  switch (firmware.kind) {
    case "bios":
      return { type, boot: { "@dev": "hd" } };
    case "uefi":
      return {
        type,
        loader: { "@readonly": "yes", "@type": "pflash", "#": firmware.code },
        nvram: { "@template": firmware.varsTemplate, "#": layout.files.nvram },
        boot: { "@dev": "hd" },
      };
    case "kernel":
      return {
        type,
        kernel: firmware.kernel,
        ...(firmware.initrd === undefined ? {} : { initrd: firmware.initrd }),
        cmdline: firmware.cmdline,
      };
  }
}
