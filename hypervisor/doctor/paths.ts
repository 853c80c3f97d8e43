import type { HypervisorHost } from "../host";
import { check, type Check } from "./check";

/** GiB that should be free for disks and memory files. */
const ROOM_GIB = 5;

/**
 * For each path: whether it, or the nearest folder above that exists, can be written; KiB free there; and the first
 * folder on the way that QEMU's user cannot pass. Positional parameters: that user's name or nothing, the paths.
 */
const LOOK = `
user=$1; shift
[ -n "$user" ] && { id "$user" >/dev/null 2>&1 || { user=qemu; id "$user" >/dev/null 2>&1 || user=; }; }
passes() {
  if [ "$(id -u)" = 0 ] && command -v runuser >/dev/null 2>&1; then runuser -u "$user" -- test -x "$1"
  else case $(stat -L -c %A "$1") in *[xt]) true ;; *) false ;; esac; fi
}
for path; do
  at=$path
  while [ ! -d "$at" ]; do at=$(dirname -- "$at"); done
  [ -w "$at" ] && write=yes || write=no
  free=$(df -Pk -- "$at" | awk 'NR == 2 { print $4 }')
  stuck=
  if [ -n "$user" ]; then
    step=$at
    while :; do passes "$step" || stuck=$step; [ "$step" = / ] && break; step=$(dirname -- "$step"); done
  fi
  printf '%s\\n%s\\n%s\\n%s\\n' "$write" "$free" "$user" "$stuck"
done
`;

/** User that a system libvirt runs QEMU as on Debian and Ubuntu; others call it `qemu`. */
const QEMU_USER = "libvirt-qemu";

/** Whether the hypervisor's folders can be used by us and by QEMU, and have room. */
export async function checkPaths(host: HypervisorHost): Promise<readonly Check[]> {
  const { diskPoolPath, imageCachePath, uri } = host.spec;
  const folders = [
    ["disk pool", diskPoolPath],
    ["image cache", imageCachePath],
  ] as const;
  const user = uri.endsWith("/session") ? "" : QEMU_USER;
  const argv = ["sh", "-c", LOOK, "sh", user, ...folders.map(([, path]) => path)];
  const lines = (await host.shell.output({ argv })).split("\n");
  return folders.flatMap(([name, path], index) => {
    const [write = "", free = "0", qemuUser = "", stuck = ""] = lines.slice(index * 4, index * 4 + 4);
    const freeGiB = Number(free) / 1024 ** 2;
    return [
      check(name, write === "yes" ? path : `${path} cannot be written`, "a folder that can be written", {
        passed: write === "yes",
        otherwise: "error",
        remedy: "run as a user who may write there, or set another path in the farm file",
      }),
      check(`${name}, room`, `${freeGiB.toFixed(1)} GiB free`, `${ROOM_GIB} GiB or more`, {
        passed: freeGiB >= ROOM_GIB,
        otherwise: "warning",
        remedy: "free some space, or set another path in the farm file",
      }),
      ...(qemuUser === ""
        ? []
        : [
            check(
              `${name}, access`,
              stuck === "" ? `${qemuUser} gets there` : `${stuck} is closed to ${qemuUser}`,
              "QEMU gets there",
              {
                passed: stuck === "",
                otherwise: "error",
                remedy: `chmod o+x ${stuck}, or set another path in the farm file`,
              },
            ),
          ]),
    ];
  });
}
