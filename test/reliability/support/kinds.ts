import type { SeenProcess } from "../../support/processes";

/** The kinds of processes that take part in a command, each by its command line. The first that fits counts. */
const KINDS: readonly (readonly [string, RegExp])[] = [
  ["make", /^make /],
  ["wrapper", /^\S*node \S*toolchain\/stack\.mjs /],
  ["language host", /pulumi-language-nodejs/],
  ["program", /@pulumi\/pulumi\/cmd\/run/],
  ["provider", /pulumi-resource-pulumi-nodejs|cmd\/dynamic-provider/],
  ["command plugin", /pulumi-resource-command/],
  ["libvirt plugin", /pulumi-resource-libvirt/],
  ["front", /require\("guest-farm\/lifecycle"\)/],
  ["supervisor", /lifecycle\/supervisor-main/],
  ["pulumi", /^\S*\bpulumi /],
  ["ssh", /^\S*\bssh /],
  ["virsh", /^\S*\bvirsh /],
  ["qemu-img", /^\S*\bqemu-img /],
];

/** What a process is in a run; null: none of ours to kill, such as a shell that is about to become something else. */
export function kindOf({ argv }: SeenProcess): string | null {
  return KINDS.find(([, pattern]) => pattern.test(argv))?.[0] ?? null;
}
