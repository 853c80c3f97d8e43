import { z } from "zod";
import { GuestDefaults, GuestEntry, PermutationBlock, PlatformDefinition, TargetDefinition } from "./guest";
import { HypervisorDefinition } from "./hypervisor";
import { ImageMap } from "./image";
import { ipv4Network } from "../ipv4";
import { ProjectDefinition } from "./project";
import { definitionName, flag, oneWordOf, port, strictMap, text } from "./scalars";

const named = <T extends z.ZodType>(each: T, what: string) =>
  z.record(definitionName(), each, `a map of ${what}`);

const CIDR = "a network as 10.20.0.0/24, with a prefix from 8 to 29";

function isGuestNetwork(cidr: string): boolean {
  const network = ipv4Network(cidr);
  const size = network === undefined ? 0 : network.last - network.first + 1;
  return size >= 8 && size <= 2 ** 24 && network?.written !== network?.last;
}

export const NetworkDefinition = strictMap({
  mode: oneWordOf(["nat", "routed", "isolated", "existing"]).optional(),
  cidr: text(CIDR)
    .regex(/^[0-9]{1,3}(\.[0-9]{1,3}){3}\/[0-9]{1,2}$/, CIDR)
    .refine(isGuestNetwork, CIDR)
    .optional(),
  bridge: text("name of the bridge").max(15, "at most 15 characters").optional(),
  domain: text("a DNS domain").optional(),
  autostart: flag().optional(),
  /** Of `templates/networks/<name>.xml`, which then says all but autostart. */
  template: text("name of a file of templates/networks/, without .xml").optional(),
  hypervisors: z.array(text("name of a hypervisor"), "a list of hypervisors").optional(),
});

/** The farm file. Platforms, targets and projects may also be files of their own beside it. */
export const FarmDefinition = strictMap({
  /** `ansible-farm`: names, MACs and ports as that project made them. */
  naming: oneWordOf(["default", "ansible-farm"]).optional(),
  /** Put before guest names to make domain names; default: `<stack>.` */
  domainPrefix: z
    .string("text")
    .regex(/^[^/\p{Cc}]*$/u, "text without / and control characters")
    .optional(),
  /** Where forwarded ports are taken from. */
  ports: strictMap({ from: port(), to: port() }).optional(),
  placement: strictMap({
    order: z
      .array(oneWordOf(["kvm", "qemu"]), "a list of kvm and qemu")
      .min(1, "one of kvm, qemu at least")
      .optional(),
  }).optional(),
  hypervisors: named(HypervisorDefinition.nullable(), "hypervisors").optional(),
  defaults: GuestDefaults.optional(),
  platforms: named(PlatformDefinition.nullable(), "platforms").optional(),
  targets: named(TargetDefinition.nullable(), "targets").optional(),
  images: named(ImageMap, "images").optional(),
  networks: named(NetworkDefinition.nullable(), "networks").optional(),
  guests: strictMap({
    permutations: z
      .union(
        [PermutationBlock, z.array(PermutationBlock)],
        "a map with platforms and targets, or a list of such maps",
      )
      .optional(),
    list: z.array(GuestEntry, "a list of guests").optional(),
  }).optional(),
  /** The project, or the name of the one that runs when the stack's configuration chooses none. */
  project: z.union([definitionName(), ProjectDefinition], "a map, or the name of a project").optional(),
  projects: named(ProjectDefinition, "projects").optional(),
});
