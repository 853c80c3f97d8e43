import type { MachineInputs } from "../project/loaded-project";

/** What of a domain's specification the content of its snapshots depends on. */
export interface SpecifiedMachine extends Omit<MachineInputs, "baseImage" | "seed"> {
  readonly baseImage: { readonly digest: string };
  readonly seed?: MachineInputs["seed"] | undefined;
}

export function machineOf({ baseImage, arch, machine, firmware, seed }: SpecifiedMachine): MachineInputs {
  return { baseImage: baseImage.digest, arch, machine, firmware, ...(seed === undefined ? {} : { seed }) };
}
