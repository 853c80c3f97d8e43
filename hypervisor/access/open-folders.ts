import { UserError } from "../../definitions/user-error";
import type { HypervisorHost } from "../host";
import { AS_QEMU, qemuUser } from "./qemu-user";

/** Exit codes of the script. */
const NO_TOOL = 3;
const REFUSED = 4;

/**
 * Lets QEMU's user through every closed folder on the way to the paths that are given, from the root down: a folder
 * can only be asked for when those above are open. Nobody else gets a right, and QEMU none but to pass.
 */
const OPEN = `${AS_QEMU}
[ -n "$user" ] || exit 0
open() {
  case $1 in /) ;; *) open "$(dirname -- "$1")" ;; esac
  passes "$1" && return
  command -v setfacl >/dev/null 2>&1 || { printf '%s\\n' "$1"; exit ${NO_TOOL}; }
  setfacl -m "u:$user:x" -- "$1" && passes "$1" || { printf '%s\\n' "$1"; exit ${REFUSED}; }
}
for path; do existing "$path"; open "$at"; done
`;

/**
 * Opens the way to a hypervisor's folders for QEMU, where the farm file allows it (`repairAccess`); else nothing is done.
 *
 * @throws UserError naming the folder that cannot be opened.
 */
export async function openFolders(host: HypervisorHost): Promise<void> {
  const { name, uri, diskPoolPath, imageCachePath, repairAccess } = host.spec;
  if (repairAccess !== true) return;
  const argv = ["sh", "-c", OPEN, "sh", qemuUser(uri), diskPoolPath, imageCachePath];
  const { exitCode, stdout, stderr } = await host.shell.run({ argv });
  if (exitCode === 0) return;
  const closed = stdout.trim();
  throw new UserError({
    what: `folder ${closed} of hypervisor "${name}" is closed to QEMU, and could not be opened`,
    found: exitCode === NO_TOOL ? "there is no setfacl" : stderr.trim(),
    remedy:
      exitCode === NO_TOOL
        ? "apt-get install acl"
        : `chmod o+x ${closed}, or set diskPoolPath and imageCachePath in the farm file to folders that QEMU gets to`,
  });
}
