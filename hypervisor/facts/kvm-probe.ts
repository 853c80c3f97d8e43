import { z } from "zod";
import type { Shell } from "../../connections/shell";
import { BOOT_CODE } from "./kvm-boot-sector";

/** Whether guests run with KVM here, found by running one. */
export const KvmVerdict = z.object({
  works: z.boolean(),
  /** For people. */
  reason: z.string(),
});
export type KvmVerdict = z.infer<typeof KvmVerdict>;

/** Milliseconds that a guest of a few instructions may take; where KVM is broken it hangs. */
const LIMIT_MS = 3000;

/** Bytes of a boot sector before its signature. */
const SECTOR_END = 510;

/** Hexadecimal bytes as `printf` of every shell takes them. */
function octal(hex: string): string {
  return hex.replace(/../g, (byte) => `\\${parseInt(byte, 16).toString(8).padStart(3, "0")}`);
}

/**
 * Runs the smallest guest there is, with KVM, and sees whether it ends by itself. `/dev/kvm`, its ioctls and
 * libvirt's capabilities can all look right on machines where every guest hangs.
 *
 * On x86 it is a boot sector that counts in 64-bit mode and then writes 0x10 to QEMU's `isa-debug-exit` (exit code 33);
 * hosts whose KVM interprets kernels run real mode and hang there. On aarch64 it is a program that
 * asks the firmware interface for SYSTEM_OFF (exit code 0). The verdict is kept in the host's memory file system,
 * under everything that could change it: boot, kernel, QEMU binary, rights of `/dev/kvm`.
 *
 * Positional parameters: seconds; `again` to ignore a verdict that was kept. Prints `yes` or `no`, then the reason.
 */
const PROBE = `
limit=$1; mode=$2; machine=$(uname -m)
say() { printf '%s\\n%s\\n' "$1" "$2"; }
[ -e /dev/kvm ] || { say no 'there is no /dev/kvm'; exit 0; }
[ -r /dev/kvm ] && [ -w /dev/kvm ] || { say no "user $(id -un) may not use /dev/kvm"; exit 0; }
case $machine in
  x86_64|amd64) qemu=qemu-system-x86_64; wanted=33 ;;
  aarch64|arm64) qemu=qemu-system-aarch64; wanted=0 ;;
  *) say no "not probed on $machine"; exit 0 ;;
esac
qemu=$(command -v "$qemu") || { say no "$qemu is not installed"; exit 0; }
key="$(cat /proc/sys/kernel/random/boot_id 2>/dev/null) $(uname -rv) $(stat -L -c '%s %Y' "$qemu") $(stat -c '%a %u %g %Z' /dev/kvm)"
kept=\${XDG_RUNTIME_DIR:-/run}/guest-farm-kvm
if [ "$mode" != again ] && [ -r "$kept" ] && [ "$(head -n 1 "$kept")" = "$key" ]; then tail -n +2 "$kept"; exit 0; fi
dir=$(mktemp -d) || exit 1
trap 'rm -rf -- "$dir"' EXIT
if [ "$wanted" = 33 ]; then
  { printf '${octal(BOOT_CODE)}'; dd if=/dev/zero bs=${SECTOR_END - BOOT_CODE.length / 2} count=1 2>/dev/null; printf '\\125\\252'; } > "$dir/boot"
  set -- -machine pc -device isa-debug-exit,iobase=0xf4,iosize=1 -drive "file=$dir/boot,format=raw,if=floppy" -boot a
else
  printf '\\000\\200\\260\\322\\000\\001\\200\\362\\002\\000\\000\\324\\000\\000\\000\\024' > "$dir/boot"
  set -- -machine virt,gic-version=host -kernel "$dir/boot"
fi
timeout -s KILL "$limit" "$qemu" -accel kvm -cpu host -m 32 -nodefaults -no-user-config -display none -no-reboot "$@" > "$dir/log" 2>&1
code=$?
case $code in
  "$wanted") verdict=$(say yes 'a guest ran') ;;
  137) verdict=$(say no "a guest hung for $limit s although /dev/kvm is there") ;;
  *) verdict=$(say no "$(head -n 1 "$dir/log" | sed 's/^[^:]*qemu-system[^:]*: *//; s/^error: //' | cut -c 1-80) (QEMU's exit code $code)") ;;
esac
{ umask 077; printf '%s\\n%s\\n' "$key" "$verdict" > "$kept.$$" && mv -f "$kept.$$" "$kept"; } 2>/dev/null
printf '%s\\n' "$verdict"
`;

export interface ProbeOptions {
  /** Run the guest even if a verdict is known. Default: false. */
  readonly again?: boolean;
}

/** Whether KVM works on a host. Takes up to 3 s the first time after a boot, no time later. */
export async function probeKvm(shell: Shell, { again = false }: ProbeOptions = {}): Promise<KvmVerdict> {
  const argv = ["sh", "-c", PROBE, "sh", String(LIMIT_MS / 1000), again ? "again" : "kept"];
  const [verdict = "", ...reason] = (await shell.output({ argv, timeoutMs: LIMIT_MS + 12_000 })).split("\n");
  return { works: verdict === "yes", reason: reason.join(" ").trim() };
}
