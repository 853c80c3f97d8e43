import type { HypervisorHost } from "../host";
import { AS_QEMU, qemuUser } from "./qemu-user";

/**
 * Closes a folder to other users of the host, and lets QEMU's user through: by an ACL, else by that user's group. A folder
 * that QEMU could not pass any more is left as it was. One that is closed already costs a look.
 */
const CLOSE = `
[ -d "$2" ] || exit 0
mode=$(stat -c %a -- "$2")
case $1:$mode in :*00|?*:*10) exit 0 ;; esac
${AS_QEMU}
folder=$1
if [ -z "$user" ]; then chmod 0700 -- "$folder"; exit 0; fi
setfacl -m "u:$user:x,g::-,o::-" -- "$folder" 2>/dev/null && passes "$folder" && exit 0
setfacl -b -- "$folder" 2>/dev/null
{ chgrp -- "$(id -g "$user")" "$folder" && chmod 0710 -- "$folder"; } 2>/dev/null && passes "$folder" && exit 0
chmod -- "$mode" "$folder"
`;

/**
 * Closes the folder of a guest to everybody but whom guest-farm runs as there and QEMU's user: frozen disks, the console's
 * log and the lease are nobody else's. Where the host has neither ACLs nor lets its group be changed, the folder stays
 * passable for those who know a path in it.
 */
export async function closeGuestFolder(
  host: Pick<HypervisorHost, "shell" | "spec">,
  folder: string,
): Promise<void> {
  await host.shell.output({ argv: ["sh", "-c", CLOSE, "sh", qemuUser(host.spec.uri), folder] });
}
