import { freshPrograms } from "../../../connections/guest/reseed/fresh-programs";
import type { FarmUnderTest } from "./farm-under-test";

/** File of the helper in the project, and in the guest. */
const HELPER = "files/reseed";
const IN_GUEST = "/root/reseed";

/** Puts the helper among the files of a farm's project, for `reseedNow`. */
export function writeHelper(farm: FarmUnderTest, arch: string, name = ""): void {
  const [program] = freshPrograms(arch);
  if (program === undefined) throw new Error(`no helper for ${arch}`);
  farm.write(`stacks/${farm.stack}/phases/${HELPER}${name}`, program);
}

/**
 * Steps after which a guest draws the same numbers each time that its memory is restored: its kernel has just reseeded,
 * and does not do so again for half of its uptime (a minute at most).
 *
 * @param name of the helper's file, which may be an expression.
 */
export function reseedNow(name = ""): readonly Record<string, unknown>[] {
  const wait = `while read -r up _ </proc/uptime; [ "\${up%%.*}" -lt 30 ]; do sleep 1; done`;
  return [
    { copy: `${HELPER}${name}`, to: IN_GUEST, mode: "0700" },
    { name: "reseed", run: `${wait}\n${IN_GUEST}` },
  ];
}

/**
 * A step that draws numbers, three hundred of them: what else the system has drawn meanwhile must not hide that some are
 * the same.
 */
export function draw(label: string): Record<string, unknown> {
  const run = [
    'n=0; while [ $n -lt 300 ]; do read -r u </proc/sys/kernel/random/uuid; echo "LABEL $u"; n=$((n+1)); done',
    'for n in 1 2 3; do echo "LABEL $(mktemp -u)"; echo "LABEL $(od -An -N16 -tx1 /dev/urandom)"; done',
  ];
  return { name: `draw ${label}`, run: run.join("\n").replaceAll("LABEL", `drawn-${label}`) };
}

/** What a step has drawn in a guest's newest run. */
export function drawn(farm: FarmUnderTest, guest: string, label: string): readonly string[] {
  const log = farm.kept(guest, "main.log");
  return [...log.matchAll(new RegExp(`^drawn-${label} (.+)$`, "gm"))].map(([, value]) => value ?? "");
}
