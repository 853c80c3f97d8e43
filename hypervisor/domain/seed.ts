import { CommandError } from "../../connections/shell";
import { UserError } from "../../definitions/user-error";
import type { HypervisorHost } from "../host";

const NO_TOOL = 46;

/**
 * Reads lines of `name base64` and makes a medium of those files. The text of the files is never an argument of a
 * program (printf is part of the shell), and it lies in the memory file system while the medium is made.
 */
const MAKE_MEDIUM = `
umask 077
for tool in genisoimage mkisofs xorriso ''; do command -v "$tool" >/dev/null 2>&1 && break; done
[ -n "$tool" ] || exit ${NO_TOOL}
dir=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d) || exit 1
new="$1.new.$$"
trap 'rm -rf -- "$dir" "$new"' EXIT
while read -r name data; do mkdir -p "$(dirname -- "$dir/$name")"; printf %s "$data" | base64 -d > "$dir/$name" || exit 1; done
[ "$tool" = xorriso ] && set -- "$1" -as mkisofs || set -- "$1"
path=$1; shift
"$tool" "$@" -quiet -output "$new" -volid cidata -joliet -rock "$dir" || exit 1
mv -fT -- "$new" "$path"
`;

/**
 * Makes the seed medium of a guest: an ISO 9660 image with volume id `cidata`, as cloud-init's NoCloud source reads
 * it. Its mode is 0600: libvirt lends it to QEMU's user while the guest runs.
 * @param files text by file name; secret.
 * @throws UserError when the hypervisor has no program that makes such images.
 */
export async function writeSeed(
  host: HypervisorHost,
  path: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const lines = Object.entries(files).map(
    ([name, text]) => `${name} ${Buffer.from(text).toString("base64")}\n`,
  );
  const argv = ["sh", "-c", MAKE_MEDIUM, "sh", path];
  const result = await host.shell.run({ argv, stdin: lines.join("") });
  if (result.exitCode === NO_TOOL) {
    throw new UserError({
      what: `hypervisor "${host.spec.name}" has no program that makes seed images`,
      allowed: "genisoimage, mkisofs or xorriso",
      remedy: "apt-get install genisoimage (on the hypervisor)",
    });
  }
  if (result.exitCode !== 0)
    throw new CommandError(host.shell.description, ["make seed image", path], result);
}
