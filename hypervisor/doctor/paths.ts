import { AS_QEMU, qemuUser } from "../access/qemu-user";
import type { HypervisorHost } from "../host";
import { check, type Check } from "./check";

/** GiB that should be free for disks and memory files. */
const ROOM_GIB = 5;

/**
 * For each path: whether it, or the nearest folder above that exists, can be written; KiB free there; and the first
 * folder on the way that QEMU's user cannot pass. Positional parameters: that user's name or nothing, the paths.
 */
const LOOK = `${AS_QEMU}
for path; do
  existing "$path"
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

/** Whether the hypervisor's folders can be used by us and by QEMU, and have room. */
export async function checkPaths(host: HypervisorHost): Promise<readonly Check[]> {
  const { diskPoolPath, imageCachePath, uri, repairAccess = false } = host.spec;
  const folders = [
    ["disk pool", diskPoolPath],
    ["image cache", imageCachePath],
  ] as const;
  const argv = ["sh", "-c", LOOK, "sh", qemuUser(uri), ...folders.map(([, path]) => path)];
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
                otherwise: repairAccess ? "warning" : "error",
                remedy: repairAccess
                  ? "is opened when guests are defined (repairAccess)"
                  : `chmod o+x ${stuck}, repairAccess: true, or another path in the farm file`,
              },
            ),
          ]),
    ];
  });
}
